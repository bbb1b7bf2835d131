import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  kMeans,
  nearestCentre,
  weightedPoints,
  type ClusterInit,
} from '../../../src/main/engine/compression/algebra/k-means';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';

const noDraw = (): number => {
  throw new Error('drew a number');
};

function costOf(values: readonly number[], centres: Float32Array): number {
  return values.reduce((sum, value) => sum + Math.min(...[...centres].map((centre) => (value - centre) ** 2)), 0);
}

/** The exact programme, written the plain way: best cost of the first n points in k clusters. */
function leastCost(values: readonly number[], count: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cost = (start: number, end: number): number => {
    const part = sorted.slice(start, end);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  let best = Array.from({ length: sorted.length + 1 }, (_, end) => (end === 0 ? 0 : Infinity));
  for (let cluster = 0; cluster < count; cluster++) {
    best = best.map((known, end) => {
      let least = known;
      for (let start = 0; start < end; start++) least = Math.min(least, best[start]! + cost(start, end));
      return least;
    });
  }
  return best[sorted.length]!;
}

describe('k-means in one dimension', () => {
  test('by hand', () => {
    const points = weightedPoints(Float32Array.of(10, 1, 2, 11, 3, 50));
    expect([...kMeans(points, 3, 'optimal', noDraw)]).toEqual([2, 10.5, 50]);
    expect([...kMeans(points, 6, 'optimal', noDraw)]).toEqual([1, 2, 3, 10, 11, 50]);
  });

  test('importance pulls centres, and leaves out what does not count', () => {
    const points = weightedPoints(Float32Array.of(0, 1, 9, 100), Float32Array.of(3, 1, 1, 0));
    expect([...kMeans(points, 2, 'optimal', noDraw)]).toEqual([0.25, 9]);
  });

  test('optimal is the exact dynamic programme', () => {
    const values = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 6 }), (numbers, count) => {
        const centres = kMeans(weightedPoints(Float32Array.from(numbers)), count, 'optimal', noDraw);
        expect(centres.length).toBeLessThanOrEqual(count);
        expect(costOf(numbers, centres)).toBeCloseTo(leastCost(numbers, count), 3);
      }),
    );
  });

  test.each<ClusterInit>(['linear', 'density', 'k-means++'])('%s is never better than optimal, and repeats', (init) => {
    const random = createRandom(3);
    const numbers = Array.from({ length: 200 }, () => Math.fround(random() ** 3));
    const points = weightedPoints(Float32Array.from(numbers));
    const centres = kMeans(points, 8, init, createRandom(1));
    expect(centres).toEqual(kMeans(points, 8, init, createRandom(1)));
    const best = costOf(numbers, kMeans(points, 8, 'optimal', noDraw));
    expect(costOf(numbers, centres)).toBeGreaterThanOrEqual(best * 0.99999);
    expect(costOf(numbers, centres)).toBeLessThan(best * 4);
  });

  test('many numbers become bins that keep their sums', () => {
    const random = createRandom(5);
    const numbers = Float32Array.from({ length: 5000 }, () => random() - 0.5);
    const { values, weights } = weightedPoints(numbers, undefined, 64);
    expect(values.length).toBeLessThanOrEqual(64);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(5000);
    const total = values.reduce((sum, value, at) => sum + value * weights[at]!, 0);
    expect(total).toBeCloseTo(
      numbers.reduce((sum, value) => sum + value, 0),
      6,
    );
  });

  test('finds the nearest centre', () => {
    const centres = Float32Array.of(-9, -9, 0, 1, 4, 4);
    expect([-9, 0.4, 0.6, 2.4, 2.6, 99].map((value) => nearestCentre(centres, value, 2, 5))).toEqual([
      0, 0, 1, 1, 2, 2,
    ]);
  });
});
