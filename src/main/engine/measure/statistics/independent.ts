import type { Interval } from '@shared/metrics';

/** A proportion with its Wilson interval. */
export interface Proportion {
  value: number;
  interval: Interval;
}

/**
 * 95 % interval of the difference of two independent proportions, `own` minus `other`, by squaring and adding the distances to the ends
 * of their Wilson intervals: method 10 of Newcombe (1998), "Interval estimation for the difference between independent proportions",
 * Statistics in Medicine 17. For two samples that are not the same images; in any unit.
 */
export function independentDifferenceInterval(own: Proportion, other: Proportion): Interval {
  const difference = own.value - other.value;
  return [
    difference - Math.hypot(own.value - own.interval[0], other.interval[1] - other.value),
    difference + Math.hypot(own.interval[1] - own.value, other.value - other.interval[0]),
  ];
}
