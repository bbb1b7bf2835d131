import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileTensor, interleaveOf, realNumbers } from '../../../src/main/engine/measure/file-tensor';
import { modelCardSchema } from '@shared/model-card';

const images = (values: number[]) => ({ shape: [1, values.length, 1, 1], data: Float32Array.from(values) });

describe('codes of a file', () => {
  // By hand from TensorFlow Lite's reference: round(x / scale), halves away from zero, plus the zero point, clamped.
  it.each([
    ['uint8', 0.5, 10, [-5.25, -5, -0.25, 0, 0.25, 0.74, 0.75, 1000], [0, 0, 9, 10, 11, 11, 12, 255]],
    ['int8', 0.5, -3, [-1000, -0.25, -0.24, 0.25, 0.5, 1000], [-128, -4, -3, -2, -2, 127]],
    ['uint8', 0.0078125, 128, [-1, -0.00390625, 0, 0.9921875, 1], [0, 127, 128, 255, 255]],
  ] as const)('%s, scale %d, zero point %d', (type, scale, zeroPoint, values, codes) => {
    const { data } = fileTensor({ type, quantization: { scale, zeroPoint } }, images([...values]));
    expect([...(data as Uint8Array)]).toEqual(codes);
  });

  it('lie within half a step of what they stand for, where the range holds it', () => {
    const real = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.array(real, { minLength: 1 }), fc.double({ min: 0.05, max: 2, noNaN: true }), (values, wide) => {
        const quantization = { scale: Math.fround(wide), zeroPoint: 0 };
        const { data } = fileTensor({ type: 'int8', quantization }, images(values));
        const back = realNumbers(data as Int8Array, quantization);
        values.forEach((value, index) => {
          const isHeld = Math.abs(value) <= 127 * quantization.scale;
          if (isHeld) expect(Math.abs(back[index]! - value)).toBeLessThanOrEqual(quantization.scale / 2 + 1e-6);
        });
      }),
    );
  });

  it('of levels are the levels: in unsigned codes as they are, less 128 in signed ones', () => {
    const levels = { shape: [1, 1, 1, 3], data: Uint8Array.of(0, 128, 255) };
    expect(fileTensor({ type: 'uint8' }, levels).data).toBe(levels.data);
    const unsigned = fileTensor({ type: 'uint8', quantization: { scale: 1, zeroPoint: 0 } }, levels);
    expect([...(unsigned.data as Uint8Array)]).toEqual([0, 128, 255]);
    const signed = fileTensor({ type: 'int8', quantization: { scale: 1, zeroPoint: -128 } }, levels);
    expect([...(signed.data as Int8Array)]).toEqual([-128, 0, 127]);
    expect([...(fileTensor({ type: 'float32' }, levels).data as Float32Array)]).toEqual([0, 128, 255]);
  });
});

describe('images of planes for a file that takes pixels', () => {
  const card = modelCardSchema.parse({
    name: 'net',
    input: { name: 'x', height: 2, width: 3 },
    output: { name: 'y', classes: 2 },
    preprocess: { resize: [2, 3], crop: [2, 3], mean: [0, 0, 0], std: [1, 1, 1] },
  });

  it('are turned image by image', () => {
    const value = (image: number, channel: number, row: number, column: number): number =>
      1000 * image + 100 * channel + 10 * row + column;
    const planes: number[] = [];
    const pixels: number[] = [];
    for (const image of [0, 1]) {
      for (const channel of [0, 1, 2])
        for (const row of [0, 1]) for (const column of [0, 1, 2]) planes.push(value(image, channel, row, column));
      for (const row of [0, 1])
        for (const column of [0, 1, 2])
          for (const channel of [0, 1, 2]) pixels.push(value(image, channel, row, column));
    }
    const given = { shape: [2, 3, 2, 3], data: Float32Array.from(planes) };
    const tensor = fileTensor({ type: 'float32', interleave: interleaveOf(card) }, given);
    expect(tensor.shape).toEqual([2, 2, 3, 3]);
    expect([...(tensor.data as Float32Array)]).toEqual(pixels);
  });
});
