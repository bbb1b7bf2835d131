import type { AccuracyMetrics, Interval } from '../metrics';
import { normalQuantile95, normalUpperTail } from '../statistics/normal';

type Difference = Pick<AccuracyMetrics, 'top1DeltaInterval' | 'mcnemarP'>;

/** The interval as a normal distribution: its centre, and the width of 95 % of it. */
function normalOf([low, high]: Interval): { centre: number; error: number } {
  return { centre: (low + high) / 2, error: (high - low) / 2 / normalQuantile95 };
}

/**
 * Two-sided p-value of "top-1 differs by more than `margin` points". Without a margin it is McNemar's exact one. That test
 * knows no margin, so with one the p-value is that of the paired interval: its centre and width as a normal distribution,
 * against the nearer edge, doubled (the interval is Bonett and Price's, a Wald interval with four images added).
 */
export function pointsOutsideZoneP({ top1DeltaInterval, mcnemarP }: Difference, margin: number): number | undefined {
  if (margin === 0 && mcnemarP !== undefined) return mcnemarP;
  if (!top1DeltaInterval) return undefined;
  const { centre, error } = normalOf(top1DeltaInterval);
  const beyond = Math.abs(centre) - margin;
  if (!(beyond > 0)) return 1;
  if (error === 0) return 0;
  const p = 2 * normalUpperTail(beyond / error);
  return Number.isFinite(p) ? Math.min(1, p) : 1;
}

/** One-sided p-value of "the difference lies above (or below) `edge`", of an interval as a normal distribution. */
export function pointsBeyondP(interval: Interval, edge: number, side: 'above' | 'below'): number {
  const { centre, error } = normalOf(interval);
  const beyond = side === 'above' ? centre - edge : edge - centre;
  const p = error === 0 ? Number(!(beyond > 0)) : normalUpperTail(beyond / error);
  return Number.isFinite(p) ? p : 1;
}
