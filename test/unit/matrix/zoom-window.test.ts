import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveWindow } from '../../../src/renderer/charts/zoom-window';

describe('moveWindow', () => {
  it.each([
    ['in, around the middle', [0, 100, 0.8, 0.5, 0.5], [10, 90]],
    ['in, around a point that stays where it is', [0, 100, 0.5, 0.2, 0.2], [10, 60]],
    ['out, back to the whole', [10, 60, 1000, 0.5, 0.5], [0, 100]],
    ['to a point beyond its end', [10, 30, 1, 2, 0.5], [40, 60]],
    ['no further than the axis reaches', [10, 30, 1, -3, 0.5], [0, 20]],
  ] as const)('%s', (_, [start, end, by, from, to], [newStart, newEnd]) => {
    const moved = moveWindow({ start, end }, by, from, to);
    expect(moved.start).toBeCloseTo(newStart, 9);
    expect(moved.end).toBeCloseTo(newEnd, 9);
  });

  it('stays on the axis', () => {
    const share = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(99), fc.nat(99)),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        share,
        share,
        (ends, by, from, to) => {
          const [start, end] = [Math.min(...ends), Math.max(...ends) + 1];
          const moved = moveWindow({ start, end }, by, from, to);
          expect(moved.start).toBeGreaterThanOrEqual(0);
          expect(moved.end).toBeLessThanOrEqual(100 + 1e-9);
        },
      ),
    );
  });
});
