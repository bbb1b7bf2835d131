import { describe, expect, it } from 'vitest';
import { preprocessSchema } from '@shared/model-card';
import { presetNames, presetPreprocess, presetTitle, type ImageInput } from '@shared/preprocess-presets';

const square: ImageInput = { height: 224, width: 224, channels: 'RGB' };

describe('a preprocessing preset', () => {
  // torchvision: mean 0.485 0.456 0.406, std 0.229 0.224 0.225 on the 0..1 scale.
  it('is that of torchvision times 255', () => {
    const { mean, std } = presetPreprocess('imagenet', square);
    [0.485, 0.456, 0.406].forEach((value, channel) => expect(mean[channel]).toBeCloseTo(value * 255, 10));
    [0.229, 0.224, 0.225].forEach((value, channel) => expect(std[channel]).toBeCloseTo(value * 255, 10));
  });

  it('maps 0..255 to -1..1 for TensorFlow', () => {
    const { mean, std } = presetPreprocess('tf', square);
    expect([0, 255].map((grey) => (grey - mean[0]) / std[0])).toEqual([-1, 1]);
  });

  it('has its means in the order of the colours, and their average for gray', () => {
    expect(presetPreprocess('caffe', { ...square, channels: 'BGR' }).mean).toEqual([103.939, 116.779, 123.68]);
    expect(presetPreprocess('imagenet', { ...square, channels: 'BGR' }).std).toEqual([57.375, 57.12, 58.395]);
    const { mean, std } = presetPreprocess('imagenet', { ...square, channels: 'gray' });
    expect(mean).toEqual([expect.closeTo((123.675 + 116.28 + 103.53) / 3, 10)]);
    expect(std).toEqual([expect.closeTo((58.395 + 57.12 + 57.375) / 3, 10)]);
  });

  it('of a name that is not known here is shown by that name', () => {
    expect(['imagenet', 'tf', 'other', 'toString'].map(presetTitle)).toEqual([
      'ImageNet mean and deviation',
      '−1..1',
      'other',
      'toString',
    ]);
  });

  it.each(presetNames)('%s is a valid card entry at any size', (preset) => {
    for (const [height, width] of [
      [32, 32],
      [224, 224],
      [299, 299],
      [48, 192],
    ] as const)
      for (const channels of ['RGB', 'BGR', 'gray'] as const) {
        const found = presetPreprocess(preset, { height, width, channels });
        expect(preprocessSchema.parse(found)).toEqual(found);
      }
    expect(presetPreprocess(preset, square)).toMatchObject({ resize: 256, crop: 224 });
    expect(presetPreprocess(preset, { ...square, height: 48, width: 192 })).toMatchObject({
      resize: [48, 192],
      crop: [48, 192],
    });
  });
});
