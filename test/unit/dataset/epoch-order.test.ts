import fc from 'fast-check';
import { expect, test } from 'vitest';
import { epochOrder } from '../../../src/main/engine/dataset/training/epoch-order';

test('an epoch has every image once, and the same order for the same seed', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(), fc.nat(1000), (count, seed, epoch) => {
      const order = epochOrder(count, { seed, epoch });
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, position) => position));
      expect(epochOrder(count, { seed, epoch })).toEqual(order);
    }),
  );
});

test('epochs and seeds have orders of their own', () => {
  const orders = [0, 1, 2].flatMap((seed) => [0, 1, 2].map((epoch) => epochOrder(100, { seed, epoch }).join()));
  expect(new Set(orders).size).toBe(9);
});

test('every image comes at every place equally often', () => {
  const [size, epochs] = [8, 8000];
  const counts = new Float64Array(size * size);
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const [place, image] of epochOrder(size, { seed: 5, epoch }).entries()) counts[place * size + image]!++;
  const expected = epochs / size;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 49 degrees of freedom: above 85.4 in one of a thousand.
  expect(chiSquare).toBeLessThan(85.4);
});
