import { describe, expect, test } from 'vitest';
import { modelCardSchema } from '@shared/model-card';
import { batchShape, normalizeFor } from '../../../src/main/engine/dataset/normalize';

const mean = [100, 110, 120];
const std = [50, 60, 70];
const cardWith = (layout: 'NCHW' | 'NHWC', channels: 'RGB' | 'BGR') =>
  modelCardSchema.parse({
    name: 'small',
    input: { name: 'input', layout, channels, height: 3, width: 3 },
    output: { name: 'output', classes: 2 },
    preprocess: { resize: 4, crop: 3, mean, std },
  });
const crop = Uint8Array.from({ length: 27 }, (_, index) => (index * 37) % 256);

describe.each(['NCHW', 'NHWC'] as const)('%s', (layout) => {
  test.each(['RGB', 'BGR'] as const)('%s', (channels) => {
    const card = cardWith(layout, channels);
    const batch = new Float32Array(2 * 27);
    normalizeFor(card)(crop, batch, 1);
    expect([...batch.subarray(0, 27)]).toEqual(Array<number>(27).fill(0));
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 3; x++) {
        for (let channel = 0; channel < 3; channel++) {
          const from = crop[(y * 3 + x) * 3 + (channels === 'RGB' ? channel : 2 - channel)]!;
          const at = layout === 'NCHW' ? (channel * 3 + y) * 3 + x : (y * 3 + x) * 3 + channel;
          expect(batch[27 + at]).toBe(Math.fround((from - mean[channel]!) / std[channel]!));
        }
      }
    }
  });
});

test('raw pixels stay as they are, in the layout and order of the card', () => {
  const batch = new Uint8Array(27);
  normalizeFor(cardWith('NCHW', 'BGR'), 'uint8')(crop, batch, 0);
  expect([...batch.subarray(0, 3)]).toEqual([crop[2], crop[5], crop[8]]);
  expect(batch[18]).toBe(crop[0]);
});

test('the shape follows the layout', () => {
  const card = { ...cardWith('NCHW', 'RGB'), preprocess: { ...cardWith('NCHW', 'RGB').preprocess, crop: 5 } };
  expect(batchShape(card, 2)).toEqual([2, 3, 5, 5]);
  expect(batchShape({ ...card, input: { ...card.input, layout: 'NHWC' } }, 2)).toEqual([2, 5, 5, 3]);
});

// Pillow: Image.new('RGB', (1, 1), colour).convert('L').getpixel((0, 0)).
test.each([
  [[255, 0, 0], 76],
  [[0, 255, 0], 150],
  [[0, 0, 255], 29],
  [[255, 255, 255], 255],
  [[10, 200, 90], 131],
  [[1, 2, 3], 2],
])('gray of %j is %i', (colour, level) => {
  const card = modelCardSchema.parse({
    name: 'small',
    input: { name: 'input', channels: 'gray', height: 1, width: 2 },
    output: { name: 'output', classes: 2 },
    preprocess: { resize: [1, 2], crop: [1, 2], mean: [100], std: [50] },
  });
  const batch = new Float32Array(4);
  normalizeFor(card)(Uint8Array.from([...colour, ...colour]), batch, 1);
  expect([...batch]).toEqual([0, 0, Math.fround((level - 100) / 50), Math.fround((level - 100) / 50)]);
  expect(batchShape(card, 2)).toEqual([2, 1, 1, 2]);
  expect(batchShape({ ...card, input: { ...card.input, layout: 'NHWC' } }, 2)).toEqual([2, 1, 2, 1]);
});
