import type { Interval } from '@shared/metrics';

export interface MedianInterval {
  interval: Interval;
  /** Exact probability that such an interval holds the median. Under 0.95 only for fewer than six values, where none reaches it. */
  coverage: number;
}

/**
 * The narrowest symmetric interval [x(r), x(n+1-r)] of order statistics that holds the median with at least 95 %, whatever the
 * distribution: the number of values below the median is Binomial(n, 1/2), so the coverage is 1 - 2 P(B < r). David and Nagaraja
 * (2003), "Order Statistics", section 7.1. For 6 values the extremes, 96.9 %; for 10 the second from either end, 97.9 %; for 20
 * the sixth, 95.9 %. No resampling, so no seed. NaN for no values.
 *
 * Values need not have one distribution: where half of them lean to one side and half to the other (a design balanced over an order
 * effect) the tails of their count below the common median only get thinner (Hoeffding 1956, "On the distribution of the number of
 * successes in independent trials"), and the interval covers more often than stated, never less.
 */
export function medianInterval(values: ArrayLike<number>): MedianInterval {
  const sorted = Float64Array.from(values).sort();
  const count = sorted.length;
  if (count === 0) return { interval: [NaN, NaN], coverage: 0 };
  let rank = 0;
  // C(n, rank) / 2^n, in logarithms: 2^n overflows beyond 1,023 values; and the sum of it up to here.
  let logMass = -count * Math.LN2;
  let tail = Math.exp(logMass);
  let outside = tail;
  while (2 * tail <= 0.05) {
    outside = tail;
    rank++;
    logMass += Math.log(count - rank + 1) - Math.log(rank);
    tail += Math.exp(logMass);
  }
  const first = Math.max(0, rank - 1);
  return { interval: [sorted[first]!, sorted[count - 1 - first]!], coverage: 1 - 2 * outside };
}
