import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { mcNemarExactP, pairedDifferenceInterval } from '../../../src/main/engine/measure/statistics/paired';
import { median, medianAbsoluteDeviation, percentile } from '../../../src/shared/statistics/percentile';
import { wilsonInterval } from '../../../src/main/engine/measure/statistics/proportion';

const finite = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
const samples = fc.array(finite, { minLength: 1, maxLength: 40 });

describe('percentile', () => {
  it.each([
    // As NumPy's default and R's quantile(type = 7) give.
    { values: [1, 2, 3, 4], fraction: 0.25, expected: 1.75 },
    { values: [15, 20, 35, 40, 50], fraction: 0.4, expected: 29 },
    { values: [3, 1, 2], fraction: 0.5, expected: 2 },
    { values: [4, 1], fraction: 0.9, expected: 3.7 },
    { values: [7], fraction: 0.99, expected: 7 },
    { values: [10, 9, 8], fraction: 0, expected: 8 },
    { values: [10, 9, 8], fraction: 1, expected: 10 },
  ])('$fraction of $values is $expected', ({ values, fraction, expected }) => {
    expect(percentile(values, fraction)).toBeCloseTo(expected, 12);
  });

  it('of nothing is not a number', () => {
    expect(percentile([], 0.5)).toBeNaN();
    expect(medianAbsoluteDeviation([])).toBeNaN();
  });

  it('lies between the extremes, grows with the fraction and does not depend on order', () => {
    fc.assert(
      fc.property(
        samples,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p, q) => {
          const low = percentile(values, Math.min(p, q));
          const high = percentile([...values].reverse(), Math.max(p, q));
          expect(low).toBeGreaterThanOrEqual(Math.min(...values));
          expect(high).toBeLessThanOrEqual(Math.max(...values));
          // Interpolation rounds, so equality may miss by the last bit.
          expect(low).toBeLessThanOrEqual(high + 1e-6);
        },
      ),
    );
  });

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('medianAbsoluteDeviation', () => {
  it('matches a worked example', () => {
    // Median 2, distances 1 1 0 0 2 4 7.
    expect(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
  });

  it('ignores one wild value', () => {
    expect(medianAbsoluteDeviation([10, 10.1, 9.9, 10.2, 9.8, 1e6])).toBeLessThan(0.3);
  });
});

describe('wilsonInterval', () => {
  it.each([
    // Newcombe (1998), table I, method 3.
    { successes: 81, trials: 263, low: 0.2553, high: 0.3662 },
    { successes: 15, trials: 148, low: 0.0624, high: 0.1605 },
    { successes: 0, trials: 20, low: 0, high: 0.1611 },
    { successes: 1, trials: 29, low: 0.0061, high: 0.1718 },
  ])('$successes of $trials', ({ successes, trials, low, high }) => {
    const [lower, upper] = wilsonInterval(successes, trials);
    expect(lower).toBeCloseTo(low, 4);
    expect(upper).toBeCloseTo(high, 4);
  });

  it('solves the score equation: its ends are 1.96 standard errors from the estimate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.min(trials - 1, Math.max(1, Math.round(share * trials)));
        const estimate = successes / trials;
        for (const end of wilsonInterval(successes, trials)) {
          expect(Math.abs(estimate - end) / Math.sqrt((end * (1 - end)) / trials)).toBeCloseTo(1.959963985, 6);
        }
      }),
    );
  });

  it('stays inside [0, 1], holds the estimate, and mirrors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.round(share * trials);
        const [low, high] = wilsonInterval(successes, trials);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(successes / trials);
        expect(high).toBeGreaterThanOrEqual(successes / trials);
        const [mirroredLow, mirroredHigh] = wilsonInterval(trials - successes, trials);
        expect(mirroredLow).toBeCloseTo(1 - high, 12);
        expect(mirroredHigh).toBeCloseTo(1 - low, 12);
      }),
    );
  });

  it('knows nothing without trials', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });
});

describe('pairedDifferenceInterval', () => {
  it('matches worked examples', () => {
    // n 21, 1 gained, 7 lost (Bentur et al. 2009, the example of Fagerland et al. 2014). By hand: Laplace estimates 2/23 and
    // 8/23, difference -6/23, variance (10/23 - 36/529) / 23.
    const spread = 1.959963985 * Math.sqrt((10 / 23 - 36 / 529) / 23);
    const [low, high] = pairedDifferenceInterval({ n: 21, gained: 1, lost: 7 });
    expect(low).toBeCloseTo(-6 / 23 - spread, 8);
    expect(high).toBeCloseTo(-6 / 23 + spread, 8);
    expect(low).toBeCloseTo(-0.508, 3);
    expect(high).toBeCloseTo(-0.013, 3);
  });

  it('does not shrink to a point where two networks never differ', () => {
    const [low, high] = pairedDifferenceInterval({ n: 1000, gained: 0, lost: 0 });
    expect(high).toBeCloseTo(0.00277, 4);
    expect(low).toBe(-high);
  });

  it('stays inside [-1, 1], mirrors, and holds zero when gains equal losses', () => {
    const counts = fc
      .tuple(fc.nat(400), fc.nat(400), fc.nat(400))
      .map(([gained, lost, same]) => ({ gained, lost, n: gained + lost + same }));
    fc.assert(
      fc.property(counts, ({ n, gained, lost }) => {
        const [low, high] = pairedDifferenceInterval({ n, gained, lost });
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        const [mirroredLow, mirroredHigh] = pairedDifferenceInterval({ n, gained: lost, lost: gained });
        expect(mirroredLow).toBeCloseTo(-high, 12);
        expect(mirroredHigh).toBeCloseTo(-low, 12);
        const [balancedLow, balancedHigh] = pairedDifferenceInterval({ n: n + gained, gained, lost: gained });
        expect(balancedLow).toBeLessThanOrEqual(0);
        expect(balancedHigh).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('covers the truth about 95 % of the time', () => {
    const random = createRandom('paired coverage');
    const truths = [
      { n: 100, gain: 0.02, loss: 0.05 },
      { n: 300, gain: 0.05, loss: 0.05 },
      { n: 50, gain: 0.01, loss: 0.15 },
    ];
    for (const { n, gain, loss } of truths) {
      const repeats = 1000;
      let covered = 0;
      for (let repeat = 0; repeat < repeats; repeat++) {
        const counts = { n, gained: 0, lost: 0 };
        for (let image = 0; image < n; image++) {
          const draw = random();
          if (draw < gain) counts.gained++;
          else if (draw < gain + loss) counts.lost++;
        }
        const [low, high] = pairedDifferenceInterval(counts);
        if (low <= gain - loss && high >= gain - loss) covered++;
      }
      expect(covered / repeats).toBeGreaterThan(0.93);
      expect(covered / repeats).toBeLessThan(0.995);
    }
  });
});

describe('mcNemarExactP', () => {
  it.each([
    // 2 (C(8,0) + C(8,1)) / 2^8.
    { gained: 1, lost: 7, expected: 18 / 256 },
    { gained: 0, lost: 6, expected: 2 / 64 },
    { gained: 2, lost: 25, expected: (2 * (1 + 27 + 351)) / 2 ** 27 },
    { gained: 5, lost: 5, expected: 1 },
    { gained: 0, lost: 0, expected: 1 },
    { gained: 0, lost: 1, expected: 1 },
  ])('$gained gained, $lost lost', ({ gained, lost, expected }) => {
    expect(mcNemarExactP({ gained, lost })).toBeCloseTo(expected, 12);
    expect(mcNemarExactP({ gained: lost, lost: gained })).toBeCloseTo(expected, 12);
  });

  it('equals the sum of exact integer binomials', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (gained, lost) => {
        const discordant = BigInt(gained + lost);
        let coefficient = 1n;
        let sum = 1n;
        for (let k = 1n; k <= BigInt(Math.min(gained, lost)); k++) {
          coefficient = (coefficient * (discordant - k + 1n)) / k;
          sum += coefficient;
        }
        const scaled = (2n * sum * 10n ** 60n) / 2n ** discordant;
        const expected = Math.min(1, Number(scaled) / 1e60);
        expect(mcNemarExactP({ gained, lost })).toBeCloseTo(expected, 10);
      }),
    );
  });

  it('stays a probability for thousands of discordant images', () => {
    expect(mcNemarExactP({ gained: 6000, lost: 6000 })).toBe(1);
    const p = mcNemarExactP({ gained: 5880, lost: 6120 });
    // Normal approximation with continuity correction: z = (240 - 1) / sqrt(12000) = 2.182, two-sided p 0.0291.
    expect(p).toBeCloseTo(0.0291, 3);
  });
});
