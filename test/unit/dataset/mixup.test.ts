import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { drawBeta, mixWithNeighbour } from '../../../src/main/engine/dataset/training/mixup';

describe('mixup', () => {
  test('mixes each image with the one before, the first with the last', () => {
    const pixels = Float32Array.of(0, 10, 100, 200, 1000, 2000);
    mixWithNeighbour(pixels, 3, 0.75);
    expect([...pixels]).toEqual([250, 507.5, 75, 152.5, 775, 1550]);
  });

  test('leaves an image alone that has no neighbour', () => {
    const pixels = Float32Array.of(1, 2, 3);
    mixWithNeighbour(pixels, 1, 0.3);
    for (const [at, value] of pixels.entries()) expect(value).toBeCloseTo(at + 1, 5);
  });

  test.each([0.2, 0.5, 1])('draws shares of Beta(%d, %d)', (alpha) => {
    const random = createRandom(11);
    const shares = Array.from({ length: 40_000 }, () => drawBeta(random, alpha));
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    const mean = shares.reduce((sum, share) => sum + share) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
  });
});
