import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paretoRanks } from '../../../src/main/engine/search/dominance';

const dominates = (one: readonly number[], other: readonly number[]): boolean =>
  one.every((value, at) => value <= other[at]!) && one.some((value, at) => value < other[at]!);

describe('paretoRanks', () => {
  it.each([
    { points: [], ranks: [] },
    { points: [[1, 1]], ranks: [0] },
    {
      points: [
        [2, 2],
        [1, 1],
        [1, 3],
        [3, 3],
      ],
      ranks: [1, 0, 1, 2],
    },
    {
      points: [
        [1, 2],
        [2, 1],
        [1, 2],
      ],
      ranks: [0, 0, 0],
    },
  ])('$points', ({ points, ranks }) => {
    expect(paretoRanks(points)).toEqual(ranks);
  });

  it('gives each point one more than the highest rank that dominates it', () => {
    const coordinate = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate, coordinate), { maxLength: 30 }), (points) => {
        const ranks = paretoRanks(points);
        points.forEach((point, at) => {
          const above = points.flatMap((other, index) => (dominates(other, point) ? [ranks[index]!] : []));
          expect(ranks[at]).toBe(Math.max(-1, ...above) + 1);
        });
      }),
    );
  });
});
