import type { Interval } from '@shared/metrics';
import { normalQuantile95 } from '@shared/statistics/normal';

/**
 * 95 % Wilson score interval of `successes / trials`, as fractions. It stays inside [0, 1] and keeps its coverage near 0 and
 * 1: Wilson (1927); method 3 of Newcombe (1998), "Two-sided confidence intervals for the single proportion", Statistics in
 * Medicine 17. With no trials nothing is known: [0, 1].
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return [0, 1];
  const z2 = normalQuantile95 ** 2;
  const failures = trials - successes;
  const centre = successes + z2 / 2;
  const spread = normalQuantile95 * Math.sqrt((successes * failures) / trials + z2 / 4);
  // At the ends the bound is exactly 0 or 1; floating point would miss it by a hair.
  const low = successes === 0 ? 0 : (centre - spread) / (trials + z2);
  const high = failures === 0 ? 1 : (centre + spread) / (trials + z2);
  return [low, high];
}
