import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paretoFront, type ParetoPoint } from '@shared/presenter/pareto';

const point = (x: number, y: number): ParetoPoint => ({ x, y });

describe('paretoFront', () => {
  it.each<[string, ParetoPoint[], ParetoPoint[]]>([
    ['nothing', [], []],
    ['one point', [point(3, 70)], [point(3, 70)]],
    ['a dominated point is left out', [point(14, 79.7), point(4, 80.1), point(2, 60)], [point(2, 60), point(4, 80.1)]],
    ['same cost: only the better', [point(4, 70), point(4, 71)], [point(4, 71)]],
    ['same merit: only the cheaper', [point(5, 70), point(4, 70)], [point(4, 70)]],
    ['equal points stay together', [point(4, 70), point(4, 70)], [point(4, 70), point(4, 70)]],
    ['not a number', [point(Number.NaN, 90), point(1, Number.NaN), point(4, 70)], [point(4, 70)]],
  ])('%s', (_, points, front) => expect(paretoFront(points)).toEqual(front));

  it('is what the definition says, point by point', () => {
    const coordinate = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(fc.array(fc.record({ x: coordinate, y: coordinate }), { maxLength: 40 }), (points) => {
        const beats = (a: ParetoPoint, b: ParetoPoint): boolean => a.x <= b.x && a.y >= b.y && (a.x < b.x || a.y > b.y);
        const expected = points.filter((each) => !points.some((other) => beats(other, each)));
        const front = paretoFront(points);
        expect(new Set(front)).toEqual(new Set(expected));
        expect(front).toHaveLength(expected.length);
        expect(front.map((each) => each.x)).toEqual(front.map((each) => each.x).toSorted((a, b) => a - b));
      }),
    );
  });
});
