import type { Interval } from '@shared/metrics';
import type { SearchGoal, SearchSpec } from '@shared/search';
import { pairedDifferenceInterval, type PairedCounts } from '../measure/statistics/paired';

/** What is known of a candidate, beside the network as it came. */
export interface Evidence {
  sizeBytes: number;
  /** Time over the network's, measured side by side; absent until it is. */
  latency?: { ratio: number; ratioInterval: Interval };
  /** The same, as expected from what was measured of others: ranks those that are not measured. */
  expectedRatio: number;
  /** Percent of the held-out calibration images on which the two differ; only before labelled images are spent. */
  disagreement?: number;
  /** On the images seen so far. */
  counts?: PairedCounts;
}

/** What a person wants of a search. */
export type Aims = Pick<SearchSpec, 'maxDrop' | 'goal' | 'maxBytes' | 'maxLatencyRatio'>;

const percent = 100;

/** Points of top-1 lost, as estimated; before labelled images are spent, the share of changed answers, which it cannot exceed. */
export function estimatedLoss({ counts, disagreement }: Evidence): number {
  if (!counts) return disagreement ?? 0;
  return (percent * (counts.lost - counts.gained)) / counts.n;
}

/** Points of top-1, candidate minus network, with the paired interval at `quantile` standard errors. */
export function confirmedDelta(counts: PairedCounts, quantile: number): { top1Delta: number; interval: Interval } {
  const [low, high] = pairedDifferenceInterval(counts, quantile);
  return {
    top1Delta: (percent * (counts.gained - counts.lost)) / counts.n,
    interval: [percent * low, percent * high],
  };
}

const timeRatioOf = ({ latency, expectedRatio }: Evidence): number => latency?.ratio ?? expectedRatio;

/** What a goal makes as small as it can; both: the geometric mean, in which a tenth less of either counts alike. */
export function costOf(goal: SearchGoal, evidence: Evidence): number {
  if (goal === 'size') return evidence.sizeBytes;
  const ratio = timeRatioOf(evidence);
  return goal === 'latency' ? ratio : Math.sqrt(evidence.sizeBytes * ratio);
}

/** Whether more images cannot bring it back: its whole interval is beyond what may be lost, its file too large, or its time clearly too long. */
export function isClearlyOut(evidence: Evidence, { maxDrop, maxBytes, maxLatencyRatio }: Aims): boolean {
  const { sizeBytes, latency, counts } = evidence;
  if (maxBytes !== undefined && sizeBytes > maxBytes) return true;
  if (maxLatencyRatio !== undefined && latency && latency.ratioInterval[0] > maxLatencyRatio) return true;
  return counts !== undefined && percent * pairedDifferenceInterval(counts)[1] < -maxDrop;
}

/** Whether it may still be within what may be lost: its estimate is no more than one standard error beyond. */
export function isPlausible({ counts }: Evidence, { maxDrop }: Aims): boolean {
  return counts === undefined || percent * pairedDifferenceInterval(counts, 1)[1] >= -maxDrop;
}

/** Whether size and time, as measured, are within what was asked for. */
export function isWithinLimits({ sizeBytes, latency }: Evidence, { maxBytes, maxLatencyRatio }: Aims): boolean {
  if (maxBytes !== undefined && sizeBytes > maxBytes) return false;
  return maxLatencyRatio === undefined || (latency !== undefined && latency.ratio <= maxLatencyRatio);
}

/** Coordinates by which candidates dominate each other. A gain by chance is no advantage: losses count from zero. */
export function objectivesOf(evidence: Evidence, goal: SearchGoal): number[] {
  const loss = Math.max(0, estimatedLoss(evidence));
  const size = goal === 'latency' ? [] : [evidence.sizeBytes];
  const time = goal === 'size' ? [] : [timeRatioOf(evidence)];
  return [loss, ...size, ...time];
}
