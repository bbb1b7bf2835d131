import { expect, test } from 'vitest';
import { binaryBases } from '../../../src/main/engine/compression/quantization/binary-bases';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';

function errorOf(values: Float32Array, count: number): number {
  const { codes, factors } = binaryBases(values, count);
  return values.reduce((sum, value, index) => {
    const made = factors.reduce((total, factor, base) => total + ((codes[index]! >> base) & 1 ? factor : -factor), 0);
    return sum + (value - made) ** 2;
  }, 0);
}

test('one base: signs and the mean magnitude', () => {
  const { codes, factors } = binaryBases(Float32Array.of(3, -1, 2, -2), 1);
  expect([...codes]).toEqual([1, 0, 1, 0]);
  expect([...factors]).toEqual([2]);
});

test('two bases hold four evenly spaced values exactly', () => {
  const { codes, factors } = binaryBases(Float32Array.of(3, 1, -1, -3), 2);
  expect([...factors].map((factor) => Number(factor.toFixed(9)))).toEqual([2, 1]);
  expect([...codes]).toEqual([3, 1, 2, 0]);
});

test('each base lessens the error; constant and dead rows are no trouble', () => {
  const random = createRandom(2);
  const values = Float32Array.from({ length: 300 }, () => random() + random() + random() - 1.5);
  const errors = [1, 2, 3, 4].map((count) => errorOf(values, count));
  for (let at = 1; at < errors.length; at++) expect(errors[at]).toBeLessThan(errors[at - 1]! * 0.6);
  expect(errorOf(new Float32Array(5).fill(0.5), 4)).toBeCloseTo(0, 12);
  expect(errorOf(new Float32Array(5), 4)).toBe(0);
});
