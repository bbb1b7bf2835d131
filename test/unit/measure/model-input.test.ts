import { describe, expect, it } from 'vitest';
import { modelCardSchema, type ModelCard } from '@shared/model-card';
import { classScores, isIntegerScore, modelInput } from '../../../src/main/engine/measure/model-input';
import type { Session, TensorInfo } from '../../../src/main/engine/runtimes/runtime';

const card = (changes: Partial<ModelCard['input']> = {}, output: object = {}): ModelCard =>
  modelCardSchema.parse({
    name: 'net',
    input: { name: 'x', height: 4, width: 6, ...changes },
    output: { name: 'y', classes: 3, ...output },
    preprocess: { resize: [4, 6], crop: [4, 6], mean: [0, 0, 0], std: [1, 1, 1] },
  });

function session(input: TensorInfo, output: TensorInfo = { type: 'float32', shape: [1, 3] }): Session {
  return { inputNames: ['x'], outputNames: ['y'], inputs: { x: input }, outputs: { y: output } } as unknown as Session;
}

const nhwc = { shape: [1, 4, 6, 3], layout: 'NHWC' } as const;
const levels = { scale: 1, zeroPoint: 0 };
const small = { scale: 0.02, zeroPoint: 114 };

describe('what a file takes of an image', () => {
  it.each<[string, TensorInfo, ModelCard, object]>([
    [
      'numbers in planes',
      { type: 'float32', shape: ['n', 3, 4, 6] },
      card(),
      { pixels: 'float32', fixedBatch: undefined },
    ],
    [
      'levels in planes',
      { type: 'uint8', shape: [1, 3, 4, 6] },
      card({ type: 'uint8' }),
      { pixels: 'uint8', fixedBatch: 1 },
    ],
    [
      'numbers in pixels',
      { type: 'float32', ...nhwc },
      card(),
      { pixels: 'float32', form: { interleave: { channels: 3, pixels: 24 } } },
    ],
    [
      'what the card calls levels, as numbers',
      { type: 'float32', ...nhwc },
      card({ type: 'uint8' }),
      { pixels: 'uint8' },
    ],
    [
      'codes',
      { type: 'uint8', ...nhwc, quantization: small },
      card(),
      { pixels: 'float32', form: { type: 'uint8', quantization: small } },
    ],
    ['codes that are levels', { type: 'uint8', ...nhwc, quantization: levels }, card(), { pixels: 'uint8' }],
    [
      'levels whose code stands for another number',
      { type: 'uint8', ...nhwc, quantization: { scale: 1, zeroPoint: 128 } },
      card(),
      { pixels: 'uint8', form: { quantization: levels } },
    ],
    [
      'levels of signed codes',
      { type: 'int8', ...nhwc, quantization: { scale: 1, zeroPoint: -14 } },
      card(),
      { pixels: 'uint8', form: { quantization: { scale: 1, zeroPoint: -128 } } },
    ],
    [
      'levels of a file whose normalisation is in its first layer',
      { type: 'uint8', ...nhwc, quantization: { scale: Math.fround(1 / 57.12), zeroPoint: 114 } },
      {
        ...card(),
        preprocess: { ...card().preprocess, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
      },
      { pixels: 'uint8', form: { quantization: levels } },
    ],
    ['a card in pixels already', { type: 'float32', ...nhwc }, card({ layout: 'NHWC' }), { form: { type: 'float32' } }],
  ])('%s', (_what, info, given, expected) => {
    expect(modelInput(session(info), given, 'net.tflite')).toMatchObject(expected);
  });

  it('is refused where sizes differ, said in the layout of the file', () => {
    expect(() => modelInput(session({ type: 'float32', shape: [1, 4, 5, 3], layout: 'NHWC' }), card(), 'net')).toThrow(
      'an image should be 4 x 6 x 3 (NHWC), the file takes 4 x 5 x 3',
    );
  });
});

describe('scores of a file', () => {
  const of = (data: Uint8Array, given: ModelCard, quantization?: { scale: number; zeroPoint: number }) =>
    classScores({ type: 'uint8', shape: [1, data.length], data }, { card: given, path: 'net', batch: 1, quantization });

  it('come from codes by their scale, and then are more than an order', () => {
    expect([...of(Uint8Array.of(0, 128, 255), card(), { scale: 1 / 256, zeroPoint: 0 })]).toEqual([0, 0.5, 255 / 256]);
    expect(isIntegerScore('uint8', { scale: 1 / 256, zeroPoint: 0 })).toBe(false);
    expect(isIntegerScore('uint8')).toBe(true);
  });

  it('leave the background out, image by image', () => {
    const background = card({}, { background: true });
    expect([...of(Uint8Array.of(9, 1, 2, 3), background)]).toEqual([1, 2, 3]);
    const both = { type: 'float32', shape: [2, 4], data: Float32Array.of(9, 1, 2, 3, 8, 4, 5, 6) } as const;
    expect([...classScores(both, { card: background, path: 'net', batch: 2 })]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => of(Uint8Array.of(1, 2, 3), background)).toThrow('4 scores for each image should come out');
  });
});
