import { studentUpperTail } from '../statistics/student-t';

interface Sample {
  count: number;
  mean: number;
  /** Squared standard error of the mean. */
  error: number;
}

function logarithms(ratios: readonly number[]): Sample {
  const count = ratios.length;
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, value) => sum + value, 0) / count;
  const squares = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, error: squares / (count - 1) / count };
}

/**
 * Two-sided p-value of "the ratio lies outside the zone [1 / (1 + margin), 1 + margin]": a t-test on the logarithms of the
 * session ratios against the nearer edge, doubled. Sessions, not rounds or inferences, are the sample: two sessions of one
 * file differ persistently (Kalibera and Jones 2013). 1 inside the zone, and where one session cannot tell how sessions differ.
 * @param reference session ratios of what it is compared with, where that was measured at another time: Welch's test
 */
export function ratioOutsideZoneP(ratios: readonly number[], margin: number, reference?: readonly number[]): number {
  const own = logarithms(ratios);
  const other = reference ? logarithms(reference) : undefined;
  if (own.count < 2 || (other && other.count < 2)) return 1;
  const beyond = Math.abs(own.mean - (other?.mean ?? 0)) - Math.log1p(margin);
  if (!(beyond > 0)) return 1;
  const error = own.error + (other?.error ?? 0);
  if (error === 0) return 0;
  const share = (sample: Sample): number => sample.error ** 2 / (sample.count - 1);
  const freedom = error ** 2 / (share(own) + (other ? share(other) : 0));
  const p = 2 * studentUpperTail(beyond / Math.sqrt(error), freedom);
  // What is no number tells nothing, and must not reach the others through the adjustment.
  return Number.isFinite(p) ? Math.min(1, p) : 1;
}
