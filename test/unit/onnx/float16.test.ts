import { describe, expect, test } from 'vitest';
import { fromFloat16, fromFloat16Bits, toFloat16, toFloat16Bits } from '../../../src/main/engine/onnx/float16';

const everyPattern = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** IEEE 754 by its definition, as a second opinion. */
function byDefinition(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

describe('float16', () => {
  test('all 65,536 patterns have the value of the definition and come back', () => {
    const values = fromFloat16(everyPattern);
    const back = toFloat16(values);
    const wrong = [...everyPattern].filter((bits) => {
      const value = values[bits]!;
      const returns = Number.isNaN(value) ? Number.isNaN(fromFloat16Bits(back[bits]!)) : back[bits] === bits;
      return !returns || !Object.is(value, Math.fround(byDefinition(bits)));
    });
    expect(wrong).toEqual([]);
  });

  test('between two neighbours the nearer one is taken, the even one at the middle', () => {
    const wrong = [...everyPattern.subarray(0, 0x7bff)].filter((bits) => {
      const [low, high] = [byDefinition(bits), byDefinition(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      return (
        toFloat16Bits(middle) !== even ||
        toFloat16Bits(-middle) !== (even | 0x8000) ||
        toFloat16Bits(low + (high - low) * 0.49) !== bits ||
        toFloat16Bits(low + (high - low) * 0.51) !== bits + 1
      );
    });
    expect(wrong).toEqual([]);
  });

  test.each([
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [1e30, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 1],
    [1e-40, 0],
    [-0, 0x8000],
  ])('%d is 0x%s', (value, bits) => {
    expect(toFloat16Bits(value)).toBe(bits);
  });
});
