import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  int8Scales,
  quantizeBias,
  quantizeInt8,
  nearestCode,
  roundHalfEven,
  scalesThatHoldBias,
  uint8Scale,
  withoutHalfSteps,
} from '../../../src/main/engine/compression/algebra/affine-quantization';
import { float32Tensor } from '../../../src/main/engine/onnx/make';

test('halves round to the even integer', () => {
  expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6].map(roundHalfEven).map((value) => value + 0)).toEqual([
    -2, -2, 0, 0, 2, 2, 2, -3,
  ]);
});

test('numbers beyond the integers of float64 are integers already', () => {
  for (const value of [2 ** 51 + 0.5, -(2 ** 51) - 1.5, 2 ** 53, Infinity, -Infinity]) {
    const [below, above] = [Math.floor(value), Math.ceil(value)];
    expect(roundHalfEven(value)).toBe(below % 2 === 0 ? below : above);
  }
  expect(roundHalfEven(2 ** 51 - 0.5)).toBe(2 ** 51);
  expect(roundHalfEven(NaN)).toBeNaN();
});

test('pixels around a mean between two levels do not all lie halfway between two codes', () => {
  const pixels = Array.from({ length: 256 }, (_, level) => Math.fround((level - 127.5) / 127.5));
  const errorsOf = (range: { min: number; max: number }): number[] => {
    const { scale } = uint8Scale(range);
    return pixels.map((value) => Math.abs(value / scale - Math.round(value / scale)));
  };
  const halfway = (errors: number[]): number => errors.filter((error) => error > 0.4999).length;
  const mean = (errors: number[]): number => errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const [before, after] = [errorsOf({ min: -1, max: 1 }), errorsOf(withoutHalfSteps({ min: -1, max: 1 }))];
  expect([halfway(before), halfway(after)]).toEqual([256, 0]);
  expect(mean(after)).toBeLessThan(0.26);
  expect(mean(before)).toBeGreaterThan(0.49);
  const whole = { min: -128 / 127.5, max: 1 };
  for (const range of [whole, { min: 0, max: 1 }]) expect(withoutHalfSteps(range)).toEqual(range);
});

describe('uint8 activations', () => {
  test.each([
    [
      { min: 0, max: 255 },
      { scale: 1, zeroPoint: 0 },
    ],
    // float32 rounds 2 / 255 up, so 1 / scale is just below 127.5.
    [
      { min: -1, max: 1 },
      { scale: Math.fround(2 / 255), zeroPoint: 127 },
    ],
    // Zero must be representable: ranges that do not hold it are widened.
    [
      { min: 1, max: 5.1 },
      { scale: Math.fround(5.1 / 255), zeroPoint: 0 },
    ],
    [
      { min: -51, max: -10 },
      { scale: Math.fround(51 / 255), zeroPoint: 255 },
    ],
    [
      { min: 0, max: 0 },
      { scale: 1, zeroPoint: 0 },
    ],
  ])('%j', ({ min, max }, expected) => {
    const { scale, zeroPoint } = uint8Scale({ min, max });
    expect(scale).toBeCloseTo(expected.scale, 6);
    expect(zeroPoint).toBe(expected.zeroPoint);
  });

  test('the levels hold zero exactly, cover the range and never exceed a bound that starts at zero', () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e6), max: Math.fround(1e6) });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [min, max] = [Math.min(a, b, 0), Math.max(a, b, 0)];
        const { scale, zeroPoint } = uint8Scale({ min, max });
        expect(scale).toBe(Math.fround(scale));
        expect(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255).toBe(true);
        if (max - min < 1e-20) return;
        expect((255 - zeroPoint) * scale).toBeGreaterThanOrEqual(max - scale);
        expect(-zeroPoint * scale).toBeLessThanOrEqual(min + scale);
        if (min === 0) expect(Math.fround(scale * 255)).toBeLessThanOrEqual(max);
      }),
    );
  });
});

describe('int8 weights', () => {
  const weight = float32Tensor([2, 3], [1, -2, 0, 0.5, 0.25, -0.125]);

  test('one scale per channel, by hand', () => {
    expect([...int8Scales(weight, 0)]).toEqual([Math.fround(2 / 127), Math.fround(0.5 / 127)]);
    expect([...int8Scales(weight, 1)]).toEqual([1, 2, 0.125].map((peak) => Math.fround(peak / 127)));
    expect([...int8Scales(weight)]).toEqual([Math.fround(2 / 127)]);
  });

  test('integers, by hand', () => {
    // 1 / (2 / 127) = 63.5 goes to the even 64 up to the rounding of the scale; 0.25 / (0.5 / 127) likewise.
    expect([...quantizeInt8(weight, Float32Array.of(1 / 64, 1 / 128), 0)]).toEqual([64, -127, 0, 64, 32, -16]);
    expect([...quantizeInt8(weight, Float32Array.of(0.5))]).toEqual([2, -4, 0, 1, 0, 0]);
  });

  test('zero stays zero and no weight moves by more than half a step', () => {
    const values = fc.array(fc.oneof(fc.constant(0), fc.float({ noNaN: true, min: -8, max: 8 })), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(values, fc.constantFrom(0, 1, 2, undefined), (data, axis) => {
        const tensor = float32Tensor([2, 3, 2], data);
        const scales = int8Scales(tensor, axis).map((scale) => scale || 1);
        quantizeInt8(tensor, scales, axis).forEach((integer, index) => {
          const channel = axis === undefined ? 0 : [Math.floor(index / 6), Math.floor(index / 2) % 3, index % 2][axis]!;
          expect(Math.abs(integer * scales[channel]! - data[index]!)).toBeLessThanOrEqual(scales[channel]! * 0.5001);
          if (data[index] === 0) expect(integer + 0).toBe(0);
        });
      }),
    );
  });
});

describe('int32 bias', () => {
  test('is in units of both scales, by hand', () => {
    expect([...quantizeBias(Float32Array.of(1, -2), 0.5, Float32Array.of(0.25, 0.5))]).toEqual([8, -8]);
    expect([...quantizeBias(Float32Array.of(1, -2), 0.5, Float32Array.of(0.25))]).toEqual([8, -16]);
  });

  test('a channel with tiny weights and a large bias gets the scale its bias needs', () => {
    const scales = scalesThatHoldBias(Float32Array.of(1e-12, 0.5), 1e-3, Float32Array.of(100, 100));
    expect(scales[1]).toBe(0.5);
    const integers = quantizeBias(Float32Array.of(100, 100), 1e-3, scales);
    expect(Math.abs(integers[0]!)).toBeLessThanOrEqual(2 ** 30 + 100);
    expect(integers[0]! * 1e-3 * scales[0]!).toBeCloseTo(100, 3);
  });

  test('a channel without weights keeps its bias', () => {
    const [scale] = scalesThatHoldBias(Float32Array.of(0), 0.02, Float32Array.of(-3));
    expect(quantizeBias(Float32Array.of(-3), 0.02, Float32Array.of(scale!))[0]! * 0.02 * scale!).toBeCloseTo(-3, 4);
    expect(scalesThatHoldBias(Float32Array.of(0), 0.02)[0]).toBe(1);
  });

  test('one scale for all channels holds the largest bias', () => {
    const scales = scalesThatHoldBias(Float32Array.of(1e-12), 1, Float32Array.of(0, 1000, 5));
    expect(scales).toHaveLength(1);
    expect(Math.abs(quantizeBias(Float32Array.of(1000), 1, scales)[0]!)).toBeLessThanOrEqual(2 ** 30 + 100);
  });
});

test('codes are those that Math.round finds, next to halves too, from 0 to the largest', () => {
  const bits = new BigInt64Array(1);
  const number = new Float64Array(bits.buffer);
  for (let half = -4; half <= 40; half++) {
    number[0] = half / 2;
    const own = bits[0]!;
    for (let step = -3n; step <= 3n; step++) {
      bits[0] = own + step;
      expect(nearestCode(number[0], 15)).toBe(Math.min(15, Math.max(0, Math.round(number[0]))));
    }
  }
});
