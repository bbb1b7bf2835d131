import type { Interval, LatencyMetrics, TrialMetrics } from '@shared/metrics';
import type { TrialView } from '@shared/run';
import {
  decimalsFor,
  formatDelta,
  formatInterval,
  formatMegabytes,
  formatMsValue,
  formatNumber,
  formatRatio,
  formatRatioInterval,
  percentDecimals,
} from '@shared/format';
import {
  latencyVerdictText,
  verdictOfDelta,
  verdictOfRatio,
  verdictOfSize,
  verdictText,
  type Verdict,
} from '@shared/verdict';
import { metrics, type MetricId } from './metrics';

/** How a value differs from the baseline of its network. */
export interface Change {
  /** "×0.27", "−0.4". */
  text: string;
  /** "[0.57, 0.61]"; absent where the value is exact. */
  interval?: string;
  direction: 'down' | 'up' | 'same';
  verdict: Verdict;
  /** The verdict for people: "clear gain", "size only". */
  words: string;
}

/** One metric of one trial, ready to show in the unit of its column. */
export interface Reading {
  /** For sorting, in the metric's unit. */
  value: number;
  text: string;
  /** "±2.5": half of the interval, or the deviation. */
  spread?: string;
  /** What stands behind the number: "n 1,000", "12 rounds", "exact". */
  basis: string;
  change?: Change;
}

export function latencyOf(trial: TrialView, target: string): LatencyMetrics | undefined {
  return trial.metrics.latency.find((latency) => latency.target === target);
}

function directionOf(change: number, noChange: number): Change['direction'] {
  return change === noChange ? 'same' : change < noChange ? 'down' : 'up';
}

function exactChange(value: number, baseline: number | undefined): Change | undefined {
  if (baseline === undefined || baseline <= 0) return undefined;
  // What reads as ×1.00 is neither gain nor loss: a few bytes of names, say.
  const verdict = verdictOfSize(value, baseline);
  const ratio = verdict === 'unclear' ? 1 : value / baseline;
  return {
    text: ratio === 1 ? 'same' : formatRatio(ratio),
    direction: directionOf(ratio, 1),
    verdict,
    words: verdictText(verdict),
  };
}

function ratioChange(latency: LatencyMetrics, size: Verdict | undefined): Change {
  const verdict = verdictOfRatio(latency.ratioInterval, 'lower');
  return {
    text: formatRatio(latency.ratio),
    interval: formatRatioInterval(latency.ratioInterval),
    direction: directionOf(latency.ratio, 1),
    verdict,
    words: latencyVerdictText(verdict, size),
  };
}

function deltaChange(delta: number | undefined, interval: Interval | undefined, decimals: number): Change | undefined {
  if (delta === undefined || !interval) return undefined;
  const verdict = verdictOfDelta(interval, 'higher');
  return {
    text: formatDelta(delta, decimals),
    interval: formatInterval(interval, (end) => formatDelta(end, decimals)),
    direction: directionOf(delta, 0),
    verdict,
    words: verdictText(verdict),
  };
}

const inMillions = (value: number): string => formatNumber(value / 1e6, decimalsFor(value / 1e6));
const fileMetric = {
  size: { field: 'sizeBytes', unit: 1e6, format: formatMegabytes },
  'size-compressed': { field: 'sizeCompressedBytes', unit: 1e6, format: formatMegabytes },
  'entropy-bound': { field: 'entropyBoundBytes', unit: 1e6, format: formatMegabytes },
  'bits-per-weight': {
    field: 'bitsPerWeight',
    unit: 1,
    format: (bits: number) => formatNumber(bits, decimalsFor(bits)),
  },
  params: { field: 'params', unit: 1e6, format: inMillions },
  'non-zero': { field: 'nonZeroParams', unit: 1e6, format: inMillions },
  macs: { field: 'macs', unit: 1e6, format: inMillions },
} as const;
type FileMetric = keyof typeof fileMetric;

function readFile(metric: FileMetric, trial: TrialView, baseline: TrialView | undefined): Reading | undefined {
  const { field, unit, format } = fileMetric[metric];
  const value = trial.metrics[field];
  if (value === undefined) return undefined;
  const change = trial.isBaseline ? undefined : exactChange(value, baseline?.metrics[field]);
  return { value: value / unit, text: format(value), basis: 'exact', ...(change && { change }) };
}

function sizeVerdict(trial: TrialView, baseline: TrialView | undefined): Verdict | undefined {
  const [own, other] = [trial.metrics.sizeBytes, baseline?.metrics.sizeBytes];
  return own === undefined || !other ? undefined : verdictOfSize(own, other);
}

function readLatency(
  metric: MetricId,
  trial: TrialView,
  baseline: TrialView | undefined,
  target: string,
): Reading | undefined {
  const latency = latencyOf(trial, target);
  if (!latency) return undefined;
  const runs = `n ${formatNumber(latency.n)}`;
  if (metric === 'cold-start')
    return { value: latency.coldStartMs, text: formatMsValue(latency.coldStartMs), basis: 'one start' };
  if (metric === 'memory') {
    return {
      value: latency.peakMemoryBytes / 1e6,
      text: formatNumber(latency.peakMemoryBytes / 1e6),
      basis: 'one process',
    };
  }
  if (metric === 'latency-p90') return { value: latency.p90Ms, text: formatMsValue(latency.p90Ms), basis: runs };
  const change = trial.isBaseline ? undefined : ratioChange(latency, sizeVerdict(trial, baseline));
  const rounds = `${formatNumber(latency.rounds)} rounds`;
  if (metric === 'ratio') {
    if (!change) return { value: 1, text: '1.00', basis: 'by definition' };
    return { value: latency.ratio, text: change.text.slice(1), basis: rounds, change };
  }
  const spread = `±${formatNumber(latency.madMs, Math.max(decimalsFor(latency.p50Ms), 0))}`;
  return {
    value: latency.p50Ms,
    text: formatMsValue(latency.p50Ms),
    spread,
    basis: `${runs}, ${rounds}`,
    ...(change && { change }),
  };
}

function halfWidth(interval: Interval | undefined): string | undefined {
  return interval && `±${formatNumber((interval[1] - interval[0]) / 2, 1)}`;
}

function readAccuracy(metric: MetricId, trial: TrialView, measured: TrialMetrics): Reading | undefined {
  const field = metric === 'top1' ? 'top1' : metric === 'top5' ? 'top5' : 'agreement';
  const value = measured[field];
  if (value === undefined) return undefined;
  const n = measured.n ?? 0;
  const decimals = percentDecimals(n);
  const spread =
    field === 'agreement' ? undefined : halfWidth(field === 'top1' ? measured.top1Interval : measured.top5Interval);
  const change =
    field === 'top1' && !trial.isBaseline
      ? deltaChange(measured.top1Delta, measured.top1DeltaInterval, decimals)
      : undefined;
  return {
    value,
    text: formatNumber(value, decimals),
    basis: `n ${formatNumber(n)}`,
    ...(spread && { spread }),
    ...(change && { change }),
  };
}

/** One metric of a trial, or undefined while (or because) it is not measured. */
export function readMetric(
  metric: MetricId,
  trial: TrialView,
  baseline: TrialView | undefined,
  target: string,
): Reading | undefined {
  const { source } = metrics[metric];
  if (source === 'file') return readFile(metric as FileMetric, trial, baseline);
  if (source === 'latency') return readLatency(metric, trial, baseline, target);
  return readAccuracy(metric, trial, trial.metrics);
}
