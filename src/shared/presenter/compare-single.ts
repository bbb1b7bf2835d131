import type { AccuracyMetrics, RatioMetrics } from '../metrics';
import type { Indifference } from '../sweep-file';
import { comparePoints, compareRatio, type Comparison } from './comparison';
import { pointsOutsideZoneP } from './points-test';
import { ratioOutsideZoneP } from './ratio-test';
import { zoneOfTime, zoneOfTop1 } from './zone';

/** One comparison of times or energies outside any run: nothing to adjust its p-value for. */
export function compareTime(measured: RatioMetrics, indifference: Indifference): Comparison {
  const { ratio, ratioInterval, sessionRatios } = measured;
  const adjustedP = sessionRatios && ratioOutsideZoneP(sessionRatios, indifference.time);
  return compareRatio({ value: ratio, interval: ratioInterval, adjustedP, among: 1 }, zoneOfTime(indifference));
}

/** As `compareTime`, for top-1; undefined where nothing was compared. */
export function compareTop1(metrics: AccuracyMetrics, indifference: Indifference): Comparison | undefined {
  const { top1Delta, top1DeltaInterval, n } = metrics;
  if (top1Delta === undefined || !top1DeltaInterval) return undefined;
  const adjustedP = pointsOutsideZoneP(metrics, indifference.top1);
  return comparePoints(
    { value: top1Delta, interval: top1DeltaInterval, adjustedP, among: 1 },
    zoneOfTop1(indifference),
    n,
  );
}
