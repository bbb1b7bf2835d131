import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { medianInterval } from '../../../src/main/engine/measure/statistics/median-interval';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** C(n, 0) + ... + C(n, last), exactly. */
function binomialsUpTo(n: number, last: number): bigint {
  let coefficient = 1n;
  let sum = 0n;
  for (let k = 0; k <= last; k++) {
    sum += coefficient;
    coefficient = (coefficient * BigInt(n - k)) / BigInt(k + 1);
  }
  return sum;
}

describe('medianInterval', () => {
  it.each([
    // 1 - 2 P(B < r) with B ~ Binomial(n, 1/2), by hand.
    { count: 5, ends: [1, 5], coverage: 1 - 2 / 32 },
    { count: 6, ends: [1, 6], coverage: 1 - 2 / 64 },
    { count: 8, ends: [1, 8], coverage: 1 - 2 / 256 },
    { count: 9, ends: [2, 8], coverage: 1 - (2 * 10) / 512 },
    { count: 10, ends: [2, 9], coverage: 1 - (2 * 11) / 1024 },
    { count: 12, ends: [3, 10], coverage: 1 - (2 * (1 + 12 + 66)) / 4096 },
    { count: 20, ends: [6, 15], coverage: 1 - (2 * (1 + 20 + 190 + 1140 + 4845 + 15504)) / 2 ** 20 },
    { count: 1, ends: [1, 1], coverage: 0 },
  ])('of $count values goes from number $ends.0 to $ends.1', ({ count, ends, coverage }) => {
    const result = medianInterval(range(count).reverse());
    expect(result.interval).toEqual(ends);
    expect(result.coverage).toBeCloseTo(coverage, 12);
  });

  it('is the narrowest symmetric one with 95 %, by exact binomials', () => {
    for (let count = 6; count <= 1200; count += count < 100 ? 1 : 137) {
      const [low, high] = medianInterval(range(count)).interval;
      expect(low + high).toBe(count + 1);
      const limit = 2n ** BigInt(count);
      // 2 P(B < low) <= 1/20 < 2 P(B <= low).
      expect(40n * binomialsUpTo(count, low - 1) <= limit).toBe(true);
      expect(40n * binomialsUpTo(count, low) > limit).toBe(true);
    }
  });

  it('is not defined for no values', () => {
    expect(medianInterval([])).toEqual({ interval: [NaN, NaN], coverage: 0 });
  });

  it('follows every increasing map, and turns round with a decreasing one', () => {
    const values = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, (ratios) => {
        const [low, high] = medianInterval(ratios).interval;
        expect(medianInterval(ratios.map(Math.log)).interval).toEqual([Math.log(low), Math.log(high)]);
        expect(medianInterval(ratios.map((ratio) => 1 / ratio)).interval).toEqual([1 / high, 1 / low]);
      }),
    );
  });

  it.each([
    { name: 'a uniform', draw: (random: () => number) => random() - 0.5 },
    { name: 'a skewed', draw: (random: () => number) => -Math.log(1 - random()) - Math.LN2 },
    { name: 'a long-tailed', draw: (random: () => number) => Math.tan(Math.PI * (random() - 0.5)) },
  ])('holds the median of $name distribution as often as it says', ({ draw }) => {
    const random = createRandom('order statistics');
    const repeats = 4000;
    let covered = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const [low, high] = medianInterval(Array.from({ length: 10 }, () => draw(random))).interval;
      if (low <= 0 && high >= 0) covered++;
    }
    // Five standard errors of a share of 4,000.
    const stated = 1 - 22 / 1024;
    expect(Math.abs(covered / repeats - stated)).toBeLessThan(5 * Math.sqrt((stated * (1 - stated)) / repeats));
  });
});
