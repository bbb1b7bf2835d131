import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import {
  evaluatedAspect,
  randomResizedCrop,
  type Box,
} from '../../../src/main/engine/dataset/training/random-resized-crop';

const { strong } = augmentations;
const side = fc.integer({ min: 1, max: 3000 });
const span = (least: number, most: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(fc.double({ min: least, max: most, noNaN: true }), fc.double({ min: least, max: most, noNaN: true }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

/** The largest distance between the distribution of `values` and `cumulative` (Kolmogorov and Smirnov). */
function distance(values: readonly number[], cumulative: (value: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((value, at) =>
      Math.max(
        Math.abs(cumulative(value) - at / sorted.length),
        Math.abs(cumulative(value) - (at + 1) / sorted.length),
      ),
    ),
  );
}
const count = 20_000;
/** Of two equal distributions the distance is larger in one of a thousand samples. */
const unlikely = 1.95 / Math.sqrt(count);
const between = (low: number, high: number) => (value: number) => (value - low) / (high - low);

const square = { width: 30_000, height: 30_000 };
function boxes(range: { scale: [number, number]; ratio: [number, number] }, image = square): Box[] {
  const random = createRandom(7);
  return Array.from({ length: count }, () => randomResizedCrop(random, image, range));
}
const shareOf = ({ width, height }: Box, image = square): number => (width * height) / (image.width * image.height);

describe('a random resized crop', () => {
  test('lies inside the image, whatever its size and the ranges', () => {
    fc.assert(
      fc.property(
        side,
        side,
        span(0.001, 1),
        span(0.1, 10),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.nat(),
        (width, height, scale, ratio, aspect, seed) => {
          const box = randomResizedCrop(createRandom(seed), { width, height }, { scale, ratio }, aspect);
          for (const value of Object.values(box)) expect(Number.isInteger(value)).toBe(true);
          expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
          expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
          expect(box.left + box.width).toBeLessThanOrEqual(width);
          expect(box.top + box.height).toBeLessThanOrEqual(height);
        },
      ),
    );
  });

  // Shares up to a half always fit into a square: nothing is drawn again.
  test('has an area and a logarithm of the ratio that are uniform in their ranges', () => {
    const found = boxes({ scale: [0.08, 0.5], ratio: [3 / 4, 4 / 3] });
    expect(
      distance(
        found.map((box) => shareOf(box)),
        between(0.08, 0.5),
      ),
    ).toBeLessThan(unlikely);
    const ratios = found.map(({ width, height }) => Math.log(width / height));
    expect(distance(ratios, between(Math.log(3 / 4), Math.log(4 / 3)))).toBeLessThan(unlikely);
    expect(
      distance(
        found.map((box) => box.left / (30_000 - box.width)),
        between(0, 1),
      ),
    ).toBeLessThan(unlikely);
    expect(
      distance(
        found.map((box) => box.top / (30_000 - box.height)),
        between(0, 1),
      ),
    ).toBeLessThan(unlikely);
  });

  /**
   * With torchvision's defaults a share s fits into a square only with a ratio between s and 1 / s: its density is that of the ratios,
   * log(4/3) up to 3/4 and -log(s) above.
   */
  test('has the areas of the definition where large ones must fit', () => {
    const flat = Math.log(4 / 3);
    const above = (share: number): number => share - share * Math.log(share) - (0.75 - 0.75 * Math.log(0.75));
    const mass = (share: number): number => flat * (Math.min(share, 0.75) - 0.08) + (share > 0.75 ? above(share) : 0);
    const shares = boxes(strong).map((box) => shareOf(box));
    expect(distance(shares, (share) => mass(share) / mass(1))).toBeLessThan(unlikely);
  });

  // By hand from torchvision's fallback: the whole of the short side, and of the long side what the ratio allows.
  test.each([
    [
      { width: 1000, height: 100 },
      { left: 433, top: 0, width: 133, height: 100 },
    ],
    [
      { width: 90, height: 900 },
      { left: 0, top: 390, width: 90, height: 120 },
    ],
    [
      { width: 1, height: 1 },
      { left: 0, top: 0, width: 1, height: 1 },
    ],
  ])('of %j that nothing fits into is the centre', (image, centre) => {
    expect(randomResizedCrop(createRandom(1), image, { scale: [1, 1], ratio: [3 / 4, 4 / 3] })).toEqual(centre);
  });

  test('has the aspect that evaluation shows', () => {
    const photograph = { width: 640, height: 480 };
    expect(evaluatedAspect({ resize: 256, crop: 224 }, photograph)).toBe(1);
    expect(evaluatedAspect({ resize: 64, crop: [32, 64] }, photograph)).toBe(2);
    // Stretched: evaluation sees the whole image, four thirds as wide as it is high.
    expect(evaluatedAspect({ resize: [48, 192], crop: [48, 192] }, photograph)).toBeCloseTo(4 / 3, 12);
    const box = randomResizedCrop(createRandom(3), photograph, { scale: [1, 1], ratio: [1, 1] }, 4 / 3);
    expect(box).toEqual({ left: 0, top: 0, ...photograph });
  });
});
