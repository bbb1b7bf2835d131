import type { ErrorReport } from '../errors';
import {
  decimalsFor,
  formatCounted,
  formatInterval,
  formatMegabytes,
  formatMs,
  formatMsValue,
  formatNumber,
  percentDecimals,
} from '../format';
import type { Interval, LatencyMetrics } from '../metrics';
import type { RunView, TrialView } from '../run';
import { compareExact, type Comparison } from './comparison';
import { compareRun, type RunComparisons } from './compare-run';
import { deploymentOf, latencyOf, runtimeOf, standingIn } from './deployment';
import { disturbanceText } from './disturbance';
import { energyBasis, energyTexts } from './energy';
import { metrics, type MetricId } from './metrics';
import { baselines } from './rows';
import { scaledTimes, usualMs, type ScaledTimes } from './scaled-times';
import { noSpeedUp, verdictWords } from './verdict';

/** One metric of one trial, ready to show in the unit of its column. */
export interface Reading {
  /** For sorting, in the metric's unit. */
  value: number;
  text: string;
  /** "±0.06", the deviation, or "[77.1, 82.1]", the 95 % interval. */
  spread?: string;
  /** What stands behind the number: "n 1,000", "10 session pairs, 40 rounds", "exact". */
  basis: string;
  /** How it differs from what the run is compared with. */
  change?: Comparison;
  /** The runtime that ran it in place of the target's, which takes networks in integers alone: "tflite". */
  ranIn?: string;
  /** "disturbed: …" where other work spoilt the measurement. */
  disturbed?: string;
  /** "when measured: baseline 0.500 ms, this 0.410 ms", where the times shown are scaled to one reference. */
  whenMeasured?: string;
}

/** A run as all views, texts and files speak of it. */
export interface RunPresentation {
  run: RunView;
  comparisons: RunComparisons;
  /** What the other trials of a model are compared with. */
  baselineOf: (model: string) => TrialView | undefined;
  /** One metric of a trial, or undefined while (or because) it is not measured. */
  read: (metric: MetricId, trial: TrialView, target: string) => Reading | undefined;
  /** Why a trial has no figures on a target, and never will; undefined: it has, or may. */
  lacking: (trial: TrialView, target: string) => ErrorReport | undefined;
  /** Milliseconds that agree with the ratios. */
  times: (trial: TrialView, target: string) => ScaledTimes | undefined;
}

export function presentRun(run: RunView): RunPresentation {
  const comparisons = compareRun(run);
  const references = baselines(run);
  const baselineOf = (model: string): TrialView | undefined => references.get(model);
  return {
    run,
    comparisons,
    baselineOf,
    read(metric, trial, target) {
      const subject = { run, comparisons, trial, target, baseline: baselineOf(trial.model) };
      const reading = readSource(metric, subject);
      const ranIn = reading && standingIn(trial, runtimeOf(run, target));
      return ranIn === undefined ? reading : { ...reading!, ranIn };
    },
    lacking: (trial, target) => trial.lacking?.find(({ deployment }) => deployment === runtimeOf(run, target))?.reason,
    times(trial, target) {
      const latency = latencyOf(trial, target);
      return latency && scaledTimes(run, trial, latency);
    },
  };
}

function readSource(metric: MetricId, subject: Subject): Reading | undefined {
  const { source } = metrics[metric];
  if (metric === 'size-coreml') return readCoreml(subject);
  if (source === 'file') return readFile(metric as FileMetric, subject);
  return source === 'latency' ? readLatency(metric, subject) : readAccuracy(metric, subject);
}

interface Subject {
  run: RunView;
  comparisons: RunComparisons;
  trial: TrialView;
  target: string;
  baseline: TrialView | undefined;
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

/** The package that was written beside, whatever the target: none runs it. */
function readCoreml({ trial, baseline }: Subject): Reading | undefined {
  const bytesOf = ({ metrics: { files } }: TrialView): number | undefined =>
    files?.find(({ format }) => format === 'coreml')?.sizeBytes;
  const value = bytesOf(trial);
  if (value === undefined) return undefined;
  const change = trial.isBaseline || !baseline ? undefined : compareExact(value, bytesOf(baseline));
  return { value: value / 1e6, text: formatMegabytes(value), basis: 'not run here', ...(change && { change }) };
}

function fileChange(metric: FileMetric, { run, trial, target, baseline }: Subject): Comparison | undefined {
  if (trial.isBaseline || !baseline) return undefined;
  const { field } = fileMetric[metric];
  const runtime = runtimeOf(run, target);
  const value = deploymentOf(trial, runtime)[field];
  return value === undefined ? undefined : compareExact(value, deploymentOf(baseline, runtime)[field]);
}

function readFile(metric: FileMetric, subject: Subject): Reading | undefined {
  const { field, unit, format } = fileMetric[metric];
  const value = deploymentOf(subject.trial, runtimeOf(subject.run, subject.target))[field];
  if (value === undefined) return undefined;
  const change = fileChange(metric, subject);
  return { value: value / unit, text: format(value), basis: 'exact', ...(change && { change }) };
}

/** Beside a smaller file, a time that is not clearly another one says that size is all there is to gain. */
function timeChange(subject: Subject): Comparison | undefined {
  const change = subject.comparisons.latency(subject.trial, subject.target);
  const isOnlySmaller = change?.words === verdictWords.unclear && fileChange('size', subject)?.verdict === 'gain';
  return isOnlySmaller ? { ...change, words: noSpeedUp } : change;
}

function readLatency(metric: MetricId, subject: Subject): Reading | undefined {
  const { run, trial, target } = subject;
  const latency = latencyOf(trial, target);
  if (!latency) return undefined;
  const disturbed = disturbanceText(latency.disturbance);
  const mark = disturbed ? { disturbed } : {};
  if (metric === 'cold-start') {
    const text = formatMsValue(latency.coldStartMs);
    return { value: latency.coldStartMs, text, basis: 'median of up to 5 starts' };
  }
  if (metric === 'memory') {
    const value = latency.peakMemoryBytes / 1e6;
    return { value, text: formatNumber(value), basis: 'one process' };
  }
  if (metric === 'energy') return readEnergy(subject, latency);
  const runs = `n ${formatNumber(latency.n)}`;
  const rounds = roundsText(latency);
  if (metric === 'ratio') {
    const change = timeChange(subject);
    const text = change?.text.slice(1) ?? '1';
    return { value: latency.ratio, text, basis: change ? rounds : 'reference', ...(change && { change }), ...mark };
  }
  const times = scaledTimes(run, trial, latency);
  if (times.scale !== 1)
    Object.assign(mark, {
      whenMeasured: `when measured: baseline ${formatMs(latency.baselineP50Ms)}, this ${formatMs(usualMs(latency))}`,
    });
  if (metric === 'latency-p90') return { value: times.p90Ms, text: formatMsValue(times.p90Ms), basis: runs, ...mark };
  const change = timeChange(subject);
  return {
    value: times.usualMs,
    text: formatMsValue(times.usualMs),
    spread: `±${formatNumber(times.madMs, decimalsFor(times.usualMs))}`,
    basis: latency.meanMs === undefined ? `${runs}, ${rounds}` : `mean over images, ${runs}, ${rounds}`,
    ...(change && { change }),
    ...mark,
  };
}

function readEnergy(
  { comparisons, trial, target }: Subject,
  { energy, rounds, sessionRatios, disturbance }: LatencyMetrics,
): Reading | undefined {
  if (!energy) return undefined;
  const change = comparisons.energy(trial, target);
  const disturbed = disturbanceText(disturbance);
  return {
    // Where it was not told, it may be as much as this.
    value: 1000 * (energy.isTold ? energy.joules : energy.joulesInterval[1]),
    ...energyTexts(energy),
    basis: `${energyBasis(energy)}, ${roundsText({ rounds, sessionRatios })}`,
    ...(change && { change }),
    ...(disturbed && { disturbed }),
  };
}

/** "10 session pairs, 40 rounds". */
export function roundsText({ rounds, sessionRatios }: Pick<LatencyMetrics, 'rounds' | 'sessionRatios'>): string {
  const text = `${formatNumber(rounds)} rounds`;
  if (!sessionRatios) return text;
  return `${formatCounted(sessionRatios.length, 'session pair')}, ${text}`;
}

function readAccuracy(metric: MetricId, { run, comparisons, trial, target }: Subject): Reading | undefined {
  const field = metric === 'top1' ? 'top1' : metric === 'top5' ? 'top5' : 'agreement';
  const runtime = runtimeOf(run, target);
  const measured = deploymentOf(trial, runtime);
  const value = measured[field];
  if (value === undefined) return undefined;
  const n = measured.n ?? 0;
  const decimals = percentDecimals(n);
  const intervals = { top1: measured.top1Interval, top5: measured.top5Interval, agreement: undefined };
  const spread = intervalText(intervals[field], decimals);
  const change = field === 'top1' ? comparisons.top1(trial, runtime) : undefined;
  return {
    value,
    text: formatNumber(value, decimals),
    basis: `n ${formatNumber(n)}`,
    ...(spread && { spread }),
    ...(change && { change }),
  };
}

/** Wilson's interval is not symmetric: 99 % of 200 images is [96.4, 99.7], which no "±" can say. */
function intervalText(interval: Interval | undefined, decimals: number): string | undefined {
  return interval && formatInterval(interval, (end) => formatNumber(end, decimals));
}
