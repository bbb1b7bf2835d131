import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { augmentations, augmentationSchema, type Augmentation } from '@shared/augmentation';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { augmentedCrop, mirror } from '../../../src/main/engine/dataset/training/augmented-crop';
import { randomResizedCrop } from '../../../src/main/engine/dataset/training/random-resized-crop';
import { resampleCrop } from '../../../src/main/engine/dataset/resample';
import type { DecodedImage } from '../../../src/main/engine/dataset/preprocess';

const noise = (width: number, height: number): DecodedImage => {
  const random = createRandom(width * 10_000 + height);
  return { width, height, pixels: Uint8Array.from({ length: width * height * 3 }, () => 256 * random()) };
};
const size = [24, 20] as const;
const photograph = noise(60, 45);
const colourful: Augmentation = { ...augmentations.strong, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
const cropOf = (augmentation: Augmentation, key: string, image = photograph): Uint8Array =>
  augmentedCrop(image, createRandom(key), augmentation, size);

describe('an augmented crop', () => {
  test('is the same for the same random numbers, and another for others', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(cropOf(colourful, key)).toEqual(cropOf(colourful, key));
        expect(cropOf(colourful, `${key} `)).not.toEqual(cropOf(colourful, key));
      }),
      { numRuns: 20 },
    );
  });

  test('that is mirrored is the mirror image, to the byte', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const straight = cropOf({ ...augmentations.strong, flip: 0 }, String(seed));
        const mirrored = cropOf({ ...augmentations.strong, flip: 1 }, String(seed));
        for (let row = 0; row < size[0]; row++)
          for (let column = 0; column < size[1]; column++)
            for (let channel = 0; channel < 3; channel++)
              expect(mirrored[(row * size[1] + column) * 3 + channel]).toBe(
                straight[(row * size[1] + size[1] - 1 - column) * 3 + channel],
              );
      }),
      { numRuns: 20 },
    );
  });

  test('mirrored twice is as it was', () => {
    const pixels = noise(7, 5).pixels;
    const before = pixels.slice();
    mirror(pixels, 7);
    expect(pixels).not.toEqual(before);
    mirror(pixels, 7);
    expect(pixels).toEqual(before);
  });

  test('that takes all of an image is the image scaled, with antialias', () => {
    const image = noise(48, 40);
    const all: Augmentation = { ...augmentations.strong, scale: [1, 1], ratio: [1.2, 1.2], flip: 0 };
    const plan = { width: 20, height: 24, left: 0, top: 0, cropWidth: 20, cropHeight: 24 };
    expect(cropOf(all, 'x', image)).toEqual(resampleCrop(image.pixels, 48, 40, plan));
  });

  test('sees nothing beyond its edges', () => {
    const inner: Augmentation = { ...augmentations.strong, scale: [0.1, 0.3] };
    for (let seed = 0; seed < 20; seed++) {
      const image = { width: 200, height: 150, pixels: new Uint8Array(200 * 150 * 3) };
      const { left, top, width, height } = randomResizedCrop(createRandom(seed), image, inner);
      for (let row = top; row < top + height; row++)
        image.pixels.fill(255, (row * 200 + left) * 3, (row * 200 + left + width) * 3);
      expect(augmentedCrop(image, createRandom(seed), inner, size).every((level) => level === 255)).toBe(true);
    }
  });
});

test('both augmentations are valid, and what is out of range is not', () => {
  for (const augmentation of Object.values(augmentations))
    expect(augmentationSchema.parse(augmentation)).toEqual(augmentation);
  for (const wrong of [
    { scale: [0, 1] },
    { scale: [0.9, 0.5] },
    { scale: [0.5, 1.5] },
    { ratio: [2, 1] },
    { flip: 2 },
    { hue: 0.6 },
    { zoom: 1 },
  ])
    expect(augmentationSchema.safeParse({ ...augmentations.gentle, ...wrong }).success).toBe(false);
});
