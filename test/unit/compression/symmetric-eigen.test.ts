import { describe, expect, test } from 'vitest';
import { symmetricEigen, symmetricEigenvalues } from '../../../src/main/engine/compression/algebra/symmetric-eigen';
import { noise } from '../../fixtures/graphs';

test('by hand: [[2, 1], [1, 2]] has 3 along (1, 1) and 1 along (1, -1)', () => {
  const { values, vectors } = symmetricEigen([2, 1, 1, 2], 2);
  expect(values[0]).toBeCloseTo(3, 12);
  expect(values[1]).toBeCloseTo(1, 12);
  expect(vectors[0]! * vectors[1]!).toBeCloseTo(0.5, 12);
  expect(vectors[2]! * vectors[3]!).toBeCloseTo(-0.5, 12);
});

test('by hand: the path of three nodes has 2 + sqrt 2, 2 and 2 - sqrt 2', () => {
  const values = symmetricEigenvalues([2, -1, 0, -1, 2, -1, 0, -1, 2], 3);
  [2 + Math.SQRT2, 2, 2 - Math.SQRT2].forEach((value, index) => expect(values[index]).toBeCloseTo(value, 12));
});

test.each([
  ['one element', [7], [7]],
  ['zero', [0, 0, 0, 0], [0, 0]],
  ['diagonal', [1, 0, 0, 0, 3, 0, 0, 0, -2], [3, 1, -2]],
  ['rank one', [4, 2, 2, 1], [5, 0]],
])('%s', (_name, matrix, expected) => {
  const size = expected.length;
  const values = symmetricEigenvalues(matrix, size);
  expected.forEach((value, index) => expect(values[index]).toBeCloseTo(value, 12));
  expect([...symmetricEigen(matrix, size).values]).toEqual([...values]);
});

describe('random matrices', () => {
  test.each([
    [2, 2],
    [5, 5],
    [33, 33],
    [64, 20],
    [130, 130],
  ])('%i rows of rank %i: A v = value v, vectors are orthonormal', (size, rank) => {
    const factor = noise(size * rank, size);
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        for (let k = 0; k < rank; k++) matrix[i * size + j]! += factor[i * rank + k]! * factor[j * rank + k]!;
    const before = matrix.slice();
    const { values, vectors } = symmetricEigen(matrix, size);
    expect(matrix).toEqual(before);
    let [residual, skew] = [0, 0];
    for (let index = 0; index < size; index++) {
      const vector = vectors.subarray(index * size, (index + 1) * size);
      for (let row = 0; row < size; row++) {
        let sum = 0;
        for (let column = 0; column < size; column++) sum += matrix[row * size + column]! * vector[column]!;
        residual = Math.max(residual, Math.abs(sum - values[index]! * vector[row]!));
      }
      for (let other = 0; other <= index; other++) {
        let dot = 0;
        for (let at = 0; at < size; at++) dot += vector[at]! * vectors[other * size + at]!;
        skew = Math.max(skew, Math.abs(dot - (other === index ? 1 : 0)));
      }
      if (index > 0) expect(values[index]!).toBeLessThanOrEqual(values[index - 1]!);
      if (index >= rank) expect(Math.abs(values[index]!)).toBeLessThan(1e-11 * size);
    }
    expect(residual).toBeLessThan(1e-11 * size);
    expect(skew).toBeLessThan(1e-12 * size);
    const alone = symmetricEigenvalues(matrix, size);
    alone.forEach((value, index) => expect(value).toBeCloseTo(values[index]!, 9));
  });
});
