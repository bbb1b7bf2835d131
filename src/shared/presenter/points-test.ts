import type { AccuracyMetrics } from '../metrics';
import { normalQuantile95, normalUpperTail } from '../statistics/normal';

type Difference = Pick<AccuracyMetrics, 'top1DeltaInterval' | 'mcnemarP'>;

/**
 * Two-sided p-value of "top-1 differs by more than `margin` points". Without a margin it is McNemar's exact one. That test
 * knows no margin, so with one the p-value is that of the paired interval: its centre and width as a normal distribution,
 * against the nearer edge, doubled (the interval is Bonett and Price's, a Wald interval with four images added).
 */
export function pointsOutsideZoneP({ top1DeltaInterval, mcnemarP }: Difference, margin: number): number | undefined {
  if (margin === 0 && mcnemarP !== undefined) return mcnemarP;
  if (!top1DeltaInterval) return undefined;
  const [low, high] = top1DeltaInterval;
  const beyond = Math.abs((low + high) / 2) - margin;
  if (!(beyond > 0)) return 1;
  const error = (high - low) / 2 / normalQuantile95;
  if (error === 0) return 0;
  const p = 2 * normalUpperTail(beyond / error);
  return Number.isFinite(p) ? Math.min(1, p) : 1;
}
