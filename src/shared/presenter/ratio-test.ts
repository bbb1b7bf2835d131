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

/** Mean logarithm of the ratios against a reference's, its standard error and Welch's degrees of freedom; undefined where a sample has one value. */
function difference(
  ratios: readonly number[],
  reference: readonly number[] | undefined,
): { mean: number; error: number; freedom: number } | undefined {
  const own = logarithms(ratios);
  const other = reference ? logarithms(reference) : undefined;
  if (own.count < 2 || (other && other.count < 2)) return undefined;
  const error = own.error + (other?.error ?? 0);
  const share = (sample: Sample): number => sample.error ** 2 / (sample.count - 1);
  const freedom = error ** 2 / (share(own) + (other ? share(other) : 0));
  return { mean: own.mean - (other?.mean ?? 0), error: Math.sqrt(error), freedom };
}

/** Upper tail beyond `distance`; what is no number tells nothing, and must not reach others through an adjustment. */
function tailBeyond(distance: number, { error, freedom }: { error: number; freedom: number }): number {
  if (error === 0) return distance > 0 ? 0 : 1;
  const p = studentUpperTail(distance / error, freedom);
  return Number.isFinite(p) ? p : 1;
}

/**
 * Two-sided p-value of "the ratio lies outside the zone [1 / (1 + margin), 1 + margin]": a t-test on the logarithms of the
 * session ratios against the nearer edge, doubled. Sessions, not rounds or inferences, are the sample: two sessions of one
 * file differ persistently (Kalibera and Jones 2013). 1 inside the zone, and where one session cannot tell how sessions differ.
 * @param reference session ratios of what it is compared with, where that was measured at another time: Welch's test
 */
export function ratioOutsideZoneP(ratios: readonly number[], margin: number, reference?: readonly number[]): number {
  const found = difference(ratios, reference);
  if (!found) return 1;
  const beyond = Math.abs(found.mean) - Math.log1p(margin);
  return beyond > 0 ? Math.min(1, 2 * tailBeyond(beyond, found)) : 1;
}

/** One-sided p-value of "the ratio lies above (or below) `edge`", by the same test. 1 where one session cannot tell. */
export function ratioBeyondP(
  ratios: readonly number[],
  edge: number,
  side: 'above' | 'below',
  reference?: readonly number[],
): number {
  const found = difference(ratios, reference);
  if (!found) return 1;
  const above = found.mean - Math.log(edge);
  return tailBeyond(side === 'above' ? above : -above, found);
}
