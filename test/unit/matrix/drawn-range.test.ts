import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnPlaces, drawnRange } from '../../../src/renderer/matrix/drawn-range';

const px = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

describe('what is drawn of places of one size', () => {
  it.each([
    [0, 400, 42, 0, { from: 0, to: 10 }],
    [420, 400, 42, 0, { from: 10, to: 20 }],
    [420, 400, 42, 80, { from: 8, to: 22 }],
    [10, 400, 42, 80, { from: 0, to: 12 }],
    [0, 400, 0, 80, { from: 0, to: 0 }],
    [0, 400, Number.NaN, 80, { from: 0, to: 0 }],
  ])('from %d, %d long, places of %d, margin %d', (start, length, size, margin, range) =>
    expect(drawnRange(start, length, size, margin)).toEqual(range),
  );

  it('holds every place that is in view, and none far from it', () => {
    fc.assert(
      fc.property(px(1e5), px(2000), fc.integer({ min: 1, max: 500 }), px(200), (start, length, size, margin) => {
        const { from, to } = drawnRange(start, length, size, margin);
        for (let place = 0; place * size < start + length; place++) {
          const isInView = (place + 1) * size > start && place * size < start + length;
          if (isInView) expect(place >= from && place < to).toBe(true);
        }
        expect((to - from) * size).toBeLessThanOrEqual(length + 2 * margin + 2 * size);
      }),
    );
  });

  it('is in order, once each, among the places there are, with those that are always drawn', () => {
    expect(drawnPlaces({ from: 3, to: 6 }, 5, [0, 4, -1, 7])).toEqual([0, 3, 4]);
    expect(drawnPlaces({ from: 0, to: 0 }, 5, [4, 1])).toEqual([1, 4]);
    expect(drawnPlaces({ from: 2, to: 9 }, 0, [0])).toEqual([]);
  });
});
