import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetScales } from '../../../src/renderer/matrix/budget-scales';
import { limitAt, limitPlaces, placeOf, type LimitScale } from '../../../src/renderer/matrix/limit-slider';
import { latency, run, trial } from './trials';

const sizes: LimitScale = { least: 0.5, most: 100, kind: 'logarithm' };
const points: LimitScale = { least: 0, most: 20, kind: 'squares' };

describe('a slider of limits', () => {
  it('ends in no limit', () => {
    for (const scale of [sizes, points]) {
      expect(limitAt(limitPlaces, scale)).toBeUndefined();
      expect(placeOf(undefined, scale)).toBe(limitPlaces);
    }
    expect([limitAt(0, points), limitAt(50, points), limitAt(0, sizes)]).toEqual([0, 5, 0.5]);
  });
  it('stands where its limit is, and rises with it', () => {
    const value = fc.double({ min: 0.01, max: 1000, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.constantFrom(sizes, points), (a, b, scale) => {
        const [low, high] = [placeOf(Math.min(a, b), scale), placeOf(Math.max(a, b), scale)];
        expect(low).toBeLessThanOrEqual(high);
        for (const place of [low, high]) expect(place).toBeGreaterThanOrEqual(0);
        const limit = limitAt(low, scale);
        if (limit !== undefined && limit >= scale.least)
          expect(Math.abs(placeOf(limit, scale) - low)).toBeLessThanOrEqual(2);
      }),
    );
  });
});

it('scales span the trials of the run; nothing measured is a scale too', () => {
  const view = run([
    trial({}, { sizeBytes: 2e6, latency: [latency({ ratio: 0.4 })] }),
    trial({ recipe: 'baseline' }, { sizeBytes: 14e6 }),
  ]);
  expect(budgetScales(view)).toMatchObject({ megabytes: { least: 2, most: 14 }, timeRatio: { least: 0.2, most: 1.5 } });
  expect(budgetScales(run([])).megabytes).toEqual({ least: 0.1, most: 100, kind: 'logarithm' });
});
