import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeHistogram } from '../../../src/renderer/trial/time-histogram';

describe('the histogram of single inferences', () => {
  it('puts both sides on one axis, from the fastest to the slowest p99', () => {
    const fast = Array.from({ length: 101 }, (_, at) => 1000 + at);
    const slow = Array.from({ length: 101 }, (_, at) => 2000 + 10 * at);
    const { rows, from, to } = timeHistogram([fast, slow])!;
    expect([from, to]).toEqual([1, 2.99]);
    // 1050 µs and 2500 µs between 1000 and 2990.
    expect(rows[0]!.median).toBeCloseTo(50 / 1990, 9);
    expect(rows[1]!.median).toBeCloseTo(1500 / 1990, 9);
    expect(rows[1]!.p99).toBe(1);
    expect(rows[0]!.beyond).toBe(0);
    expect(rows[1]!.beyond).toBeCloseTo(1 / 101, 9);
    expect(Math.max(...rows[0]!.heights)).toBe(1);
  });

  it('draws nothing of nothing', () => {
    expect(timeHistogram([])).toBeUndefined();
    expect(timeHistogram([[1], []])).toBeUndefined();
  });

  it('counts every inference once, whatever they took', () => {
    const side = fc
      .array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 200 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(side, side, (own, baseline) => {
        const { rows } = timeHistogram([own, baseline])!;
        const sums = rows.map(({ heights, beyond }) => ({ shown: heights.reduce((sum, one) => sum + one, 0), beyond }));
        // Heights are shares of one highest bin: their sums are to each other as the shares of what is shown.
        expect(sums[0]!.shown * (1 - sums[1]!.beyond)).toBeCloseTo(sums[1]!.shown * (1 - sums[0]!.beyond), 6);
        for (const { median, p90, p99 } of rows) {
          expect(median).toBeGreaterThanOrEqual(0);
          expect(median).toBeLessThanOrEqual(p90);
          expect(p90).toBeLessThanOrEqual(p99);
          expect(p99).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
