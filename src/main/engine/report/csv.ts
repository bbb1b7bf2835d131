import { csvText, type CsvCell } from '@shared/csv';
import { sentenceFor } from '@shared/errors';
import type { LatencyMetrics } from '@shared/metrics';
import { deploymentOf, runtimeOf } from '@shared/presenter/deployment';
import { disturbanceText } from '@shared/presenter/disturbance';
import { hasEnergy } from '@shared/presenter/energy';
import type { Reading, RunPresentation } from '@shared/presenter/reading';
import type { MetricId } from '@shared/presenter/metrics';
import type { TrialView } from '@shared/run';
import { shownTrials, type Report } from './report-model';

interface Row {
  presentation: RunPresentation;
  trial: TrialView;
  /** What was measured of the file that the row's target runs. */
  file: ReturnType<typeof deploymentOf>;
  baselineFile: ReturnType<typeof deploymentOf> | undefined;
  latency: LatencyMetrics | undefined;
  target: string;
}
const baselineName = 'baseline';

/** The verdict in words, where there is one: a baseline is compared with nothing. */
const verdict = (row: Row, metric: MetricId): string | undefined => {
  const change = changeOf(row, metric);
  return change?.verdict === 'control' ? undefined : change?.words;
};
const changeOf = ({ presentation, trial, target }: Row, metric: MetricId): Reading['change'] =>
  presentation.read(metric, trial, target)?.change;
const times = ({ presentation, trial, latency }: Row): ReturnType<RunPresentation['times']> =>
  latency && presentation.times(trial, latency.target);

const columns: Record<string, (row: Row) => CsvCell> = {
  model: ({ trial }) => trial.model,
  recipe: ({ trial }) => trial.recipe,
  steps: ({ trial }) => trial.recipeText,
  status: ({ trial }) => trial.status,
  compared_with: ({ presentation: { run } }) => run.against ?? baselineName,
  size_bytes: ({ file }) => file.sizeBytes,
  size_ratio: ({ file, baselineFile }) => ratio(file.sizeBytes, baselineFile?.sizeBytes),
  size_verdict: (row) => verdict(row, 'size'),
  size_compressed_bytes: ({ file }) => file.sizeCompressedBytes,
  entropy_bound_bytes: ({ file }) => file.entropyBoundBytes,
  bits_per_weight: ({ file }) => round(file.bitsPerWeight, 3),
  params: ({ file }) => file.params,
  nonzero_params: ({ file }) => file.nonZeroParams,
  macs: ({ file }) => file.macs,
  coreml_bytes_not_run: ({ trial }) => trial.metrics.files?.find(({ format }) => format === 'coreml')?.sizeBytes,
  images: ({ file }) => file.n,
  images_skipped: ({ file }) => file.skipped,
  top1_percent: ({ file }) => round(file.top1),
  top1_low: ({ file }) => round(file.top1Interval?.[0]),
  top1_high: ({ file }) => round(file.top1Interval?.[1]),
  top1_delta_points: ({ file }) => round(file.top1Delta),
  top1_delta_low: ({ file }) => round(file.top1DeltaInterval?.[0]),
  top1_delta_high: ({ file }) => round(file.top1DeltaInterval?.[1]),
  mcnemar_p: ({ file }) => round(file.mcnemarP, 6),
  top1_q: (row) => round(changeOf(row, 'top1')?.adjustedP, 6),
  top1_verdict: (row) => verdict(row, 'top1'),
  top5_percent: ({ file }) => round(file.top5),
  agreement_percent: ({ file }) => round(file.agreement),
  precision: ({ file }) => file.precision,
  runtime_agreement_percent: ({ file }) => round(file.besideOnnxRuntime?.agreement),
  runtime_largest_difference: ({ file }) => significant(file.besideOnnxRuntime?.largestDifference),
  runtime_largest_difference_steps: ({ file }) => round(file.besideOnnxRuntime?.largestDifferenceSteps),
  target: ({ latency }) => latency?.target,
  latency_p50_ms: ({ latency }) => round(latency?.p50Ms, 4),
  latency_p90_ms: ({ latency }) => round(latency?.p90Ms, 4),
  latency_p99_ms: ({ latency }) => round(latency?.p99Ms, 4),
  latency_mad_ms: ({ latency }) => round(latency?.madMs, 4),
  baseline_p50_ms: ({ latency }) => round(latency?.baselineP50Ms, 4),
  latency_scaled_p50_ms: (row) => round(times(row)?.p50Ms, 4),
  latency_scaled_p90_ms: (row) => round(times(row)?.p90Ms, 4),
  latency_scaled_p99_ms: (row) => round(times(row)?.p99Ms, 4),
  latency_n: ({ latency }) => latency?.n,
  latency_rounds: ({ latency }) => latency?.rounds,
  latency_sessions: ({ latency }) => latency?.sessionRatios?.length,
  latency_ratio: ({ latency }) => round(latency?.ratio, 6),
  latency_ratio_low: ({ latency }) => round(latency?.ratioInterval[0], 6),
  latency_ratio_high: ({ latency }) => round(latency?.ratioInterval[1], 6),
  latency_q: (row) => round(changeOf(row, 'ratio')?.adjustedP, 6),
  latency_verdict: (row) => verdict(row, 'ratio'),
  latency_disturbed: ({ latency }) => latency?.disturbance && (disturbanceText(latency.disturbance) ?? 'no'),
  energy_of: ({ latency }) => latency?.energy?.domains.join(' + '),
  energy_told: ({ latency }) => latency?.energy?.isTold,
  energy_mj: ({ latency }) => (latency?.energy?.isTold ? millijoules(latency.energy.joules) : undefined),
  energy_low_mj: ({ latency }) => millijoules(latency?.energy?.joulesInterval[0]),
  energy_high_mj: ({ latency }) => millijoules(latency?.energy?.joulesInterval[1]),
  energy_idle_w: ({ latency }) => round(latency?.energy?.idleWatts, 3),
  energy_ratio: ({ latency }) => round(latency?.energy?.comparison?.ratio, 6),
  energy_ratio_low: ({ latency }) => round(latency?.energy?.comparison?.ratioInterval[0], 6),
  energy_ratio_high: ({ latency }) => round(latency?.energy?.comparison?.ratioInterval[1], 6),
  energy_q: (row) => round(changeOf(row, 'energy')?.adjustedP, 6),
  energy_verdict: (row) => verdict(row, 'energy'),
  cold_start_ms: ({ latency }) => round(latency?.coldStartMs, 2),
  peak_memory_bytes: ({ latency }) => latency?.peakMemoryBytes,
  artifact_sha256: ({ trial }) => trial.artifact?.sha256,
  collapsed: ({ trial }) => trial.collapsed,
  published_top1_drop_points: ({ trial }) => round(trial.published?.[0]?.top1Drop),
  published_source: ({ trial }) => trial.published?.[0]?.source.url,
  published_differs: ({ trial }) => trial.published?.[0]?.differs,
  notes: ({ trial }) => trial.notes.join(' '),
  error: ({ trial }) => trial.error && sentenceFor(trial.error),
};

/**
 * One row a trial and target, RFC 4180, a header of names with units. Empty cells were not measured. Size and accuracy are those of
 * the target's runtime. `..._q` are p-values adjusted for all comparisons of their kind; scaled times agree with the ratios. Rows are
 * those of the view, columns always the same but for those of energy, which are there where anything was measured of it.
 */
export function csvReport(report: Report): string {
  const { presentation } = report;
  const { run } = presentation;
  const rows = shownTrials(report).flatMap((trial) => {
    const latencies = trial.metrics.latency.length > 0 ? trial.metrics.latency : [undefined];
    return latencies.map((latency): Row => {
      const target = latency?.target ?? run.manifest.targets[0] ?? '';
      const runtime = runtimeOf(run, target);
      const baseline = presentation.baselineOf(trial.model);
      const baselineFile = baseline && deploymentOf(baseline, runtime);
      return { presentation, trial, file: deploymentOf(trial, runtime), baselineFile, latency, target };
    });
  });
  const isSpent = hasEnergy(run);
  const shown = Object.entries(columns).filter(([name]) => isSpent || !name.startsWith('energy_'));
  return csvText([shown.map(([name]) => name), ...rows.map((row) => shown.map(([, cell]) => cell(row)))]);
}

function round(value: number | undefined, digits = 2): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

const millijoules = (joules: number | undefined): number | undefined =>
  joules === undefined ? undefined : Number((1000 * joules).toPrecision(6));

function significant(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(3));
}

function ratio(value: number | undefined, baseline: number | undefined): number | undefined {
  return value === undefined || !baseline ? undefined : round(value / baseline, 4);
}
