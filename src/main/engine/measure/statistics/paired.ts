import type { Interval } from '@shared/metrics';
import { normalQuantile95 } from '@shared/statistics/normal';

/** Two classifiers on the same images: only images where exactly one of them is right tell them apart. */
export interface PairedCounts {
  /** Images in all. */
  n: number;
  /** Images the candidate alone gets right. */
  gained: number;
  /** Images the baseline alone gets right. */
  lost: number;
}

/**
 * 95 % interval of candidate minus baseline, as fractions: Wald interval with one pseudo-image added to each discordant
 * cell, by Bonett and Price (2012), "Adjusted Wald confidence interval for a difference of binomial proportions based on
 * paired data", JEBS 37. Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33, recommend it for its coverage at
 * all sample sizes; unlike the plain Wald interval it does not shrink to a point when the two agree on every image.
 * @param quantile standard errors to either side; absent: those of 95 %
 */
export function pairedDifferenceInterval(
  { n, gained, lost }: PairedCounts,
  quantile: number = normalQuantile95,
): Interval {
  if (n === 0) return [-1, 1];
  const up = (gained + 1) / (n + 2);
  const down = (lost + 1) / (n + 2);
  const centre = up - down;
  const spread = quantile * Math.sqrt((up + down - centre ** 2) / (n + 2));
  return [Math.max(-1, centre - spread), Math.min(1, centre + spread)];
}

/**
 * Exact two-sided McNemar p-value: under "no difference" each discordant image is a fair coin, so it is twice the smaller
 * binomial tail, at most 1. Conservative: it never rejects more often than stated. See Fagerland, Lydersen and Laake (2013),
 * "The McNemar test for binary matched-pairs data", BMC Medical Research Methodology 13:91.
 */
export function mcNemarExactP({ gained, lost }: Pick<PairedCounts, 'gained' | 'lost'>): number {
  const discordant = gained + lost;
  const fewer = Math.min(gained, lost);
  // Sum of C(m, k) / 2^m for k = 0..fewer, in logarithms: 2^m overflows beyond 1,023 discordant images.
  let logTerm = -discordant * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log(discordant - k + 1) - Math.log(k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
