import { normalQuantile95 } from './normal';

/** 80 % quantile of the normal distribution: a chance of four in five. */
const normalQuantile80 = 0.8416212335729143;

/**
 * How many independent observations bring a 95 % interval to one side of a limit with a chance of four in five, if what was seen so far
 * stays as it is: N = (z.975 + z.80)^2 variance / margin^2, the sample size of a test at 5 % with a power of 80 %. For paired answers
 * `variance` is that of one image's difference, (discordant share) - (difference)^2: Connor (1987), "Sample size for testing differences
 * in proportions for the paired-sample design", Biometrics 43. Infinite where the estimate lies on the limit.
 * @param margin distance of the estimate from the limit
 */
export function settlingCount(variance: number, margin: number): number {
  if (margin === 0) return Infinity;
  return Math.ceil(((normalQuantile95 + normalQuantile80) ** 2 * variance) / margin ** 2);
}

/** Variance of one image's difference (fractions) behind an interval by Bonett and Price on `n` images, in points. */
export function pairedVariance([low, high]: readonly [number, number], n: number): number {
  return ((high - low) / 200 / normalQuantile95) ** 2 * (n + 2);
}
