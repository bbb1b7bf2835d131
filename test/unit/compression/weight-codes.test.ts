import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantizeInt8 } from '../../../src/main/engine/compression/algebra/affine-quantization';
import { narrowestShares } from '../../../src/main/engine/compression/storage/few-bit-grid';
import { weightCodes, type WeightChoices } from '../../../src/main/engine/compression/storage/weight-codes';
import { gridStepOf } from '../../../src/main/engine/compression/storage/weight-grid';
import { float32Tensor } from '../../../src/main/engine/onnx/make';

const plain: WeightChoices = { perChannel: true, scheme: 'symmetric', range: 'min-max', reduceRange: false };

describe('grids', () => {
  test.each([
    [[0, 0], 0],
    [[3], 3],
    [[0.5, -1, 1.5, 0], 0.5],
    // No two neighbours are a step apart.
    [[4, 6, -10], 2],
    [[1, 1.4142135], undefined],
    // 200 steps to the farthest.
    [[1, 200], undefined],
  ])('%j -> %s', (values, step) => {
    expect(gridStepOf(Float32Array.from(values), 127)).toBe(step);
  });

  test('codes of few bits come back exactly, whatever their scale', () => {
    const codes = fc.array(fc.integer({ min: -8, max: 7 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(codes, fc.double({ min: 1e-6, max: 1e3, noNaN: true }), (list, scale) => {
        const float32 = Math.fround(scale);
        const weight = float32Tensor(
          [1, list.length],
          Float32Array.from(list, (code) => Math.fround(code * float32)),
        );
        const { scales, codes: range } = weightCodes(weight, 0, plain);
        const integers = quantizeInt8(
          weight,
          scales.map((value) => value || 1),
          0,
          range,
        );
        integers.forEach((integer, index) => {
          expect(Math.abs(integer * scales[0]! - Number(weight.data[index]))).toBeLessThanOrEqual(
            1e-5 * Math.abs(Number(weight.data[index])),
          );
        });
      }),
    );
  });

  test('ordinary weights have none', () => {
    let state = 1;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
    expect(gridStepOf(Float32Array.from({ length: 27 }, random), 127)).toBeUndefined();
  });
});

describe('scales by hand', () => {
  // Irrational ratios, so that neither channel lies on a grid.
  const weight = float32Tensor(
    [2, 3],
    [1.27, -0.5 * Math.SQRT2, 0.1 * Math.PI, 3.81, 1.1 * Math.SQRT2, -0.3 * Math.PI],
  );
  const rounded = (scales: Float32Array): number[] => Array.from(scales, (scale) => Number(scale.toFixed(6)));

  test('symmetric, per channel and per tensor', () => {
    expect(rounded(weightCodes(weight, 0, plain).scales)).toEqual([0.01, 0.03]);
    expect(rounded(weightCodes(weight, 0, { ...plain, perChannel: false }).scales)).toEqual([0.03]);
  });

  test('in 7 bits', () => {
    const { scales, codes } = weightCodes(weight, 0, { ...plain, reduceRange: true });
    expect(codes).toEqual({ lowest: -63, highest: 63, zeroPoint: 0 });
    expect(rounded(scales)).toEqual([Number((1.27 / 63).toFixed(6)), Number((3.81 / 63).toFixed(6))]);
  });

  test('asymmetric: a range from -1 to 2 puts zero a third of the way', () => {
    const skewed = float32Tensor([1, 3], [-1, 2, 0.1 * Math.PI]);
    const { scales, codes } = weightCodes(skewed, 0, { ...plain, scheme: 'asymmetric' });
    // 255 steps: 85 below zero, 170 above, so the code of zero is -128 + 85.
    expect(codes).toEqual({ lowest: -128, highest: 127, zeroPoint: -43 });
    expect(scales[0]).toBeCloseTo(3 / 255, 7);
    expect([...quantizeInt8(skewed, scales, 0, codes)]).toEqual([-128, 127, -16]);
  });

  test('one zero point for channels that pull either way', () => {
    const opposed = float32Tensor([2, 2], [-1, 2 * Math.SQRT2, 1, -2 * Math.SQRT2]);
    const { codes } = weightCodes(opposed, 0, { ...plain, scheme: 'asymmetric' });
    expect(Math.abs(codes.zeroPoint)).toBeLessThanOrEqual(1);
  });

  test('least squared error clips an outlier of a layer that rounds coarsely, and never does worse', () => {
    const values = Float32Array.from({ length: 4000 }, (_, index) => Math.sin(index * index));
    values[0] = 1.5;
    const tensor = float32Tensor([1, 4000], values);
    const error = (choices: WeightChoices): number => {
      const { scales, codes } = weightCodes(tensor, 0, choices);
      const integers = quantizeInt8(tensor, scales, 0, codes);
      return integers.reduce((sum, code, index) => sum + (values[index]! - code * scales[0]!) ** 2, 0);
    };
    const choices = { ...plain, reduceRange: true };
    expect(error({ ...choices, range: 'mse' })).toBeLessThan(error(choices) * 0.999 + 1e-12);
  });
});

test.each([8, 4, 3])(
  'the scale in %i bits is that of least squared error of all that are tried, one by one',
  (bits) => {
    const values = fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: 2, maxLength: 80 });
    const choices: WeightChoices = { ...plain, range: 'mse', bits };
    const [low, high] = bits === 8 ? [-127, 127] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
    fc.assert(
      fc.property(values, (list) => {
        const weight = float32Tensor([1, list.length], Float32Array.from(list));
        const data = weight.data as Float32Array;
        fc.pre(gridStepOf(data, high) === undefined);
        const widest = Math.max(Math.max(0, ...data) / high, Math.min(0, ...data) / low);
        const [scale] = weightCodes(weight, 0, choices).scales;
        const errorAt = (step: number): number =>
          data.reduce((sum, value) => {
            const even = value / step - Math.floor(value / step) === 0.5 && Math.floor(value / step) % 2 === 0;
            const nearest = even ? Math.floor(value / step) : Math.round(value / step);
            return sum + (value - Math.max(low, Math.min(high, nearest)) * step) ** 2;
          }, 0);
        const shares =
          bits === 8
            ? Array.from({ length: 25 }, (_, at) => 1 - at / 50)
            : Array.from({ length: 32 }, (_, at) => 1 - ((1 - narrowestShares[bits]!) * at) / 31);
        const errors = shares.map((share) => errorAt(widest * share));
        expect(scale).toBe(Math.fround(widest * shares[errors.indexOf(Math.min(...errors))]!));
      }),
    );
  },
);
