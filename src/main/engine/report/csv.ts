import { sentenceFor } from '@shared/errors';
import type { LatencyMetrics } from '@shared/metrics';
import type { RunView, TrialView } from '@shared/run';
import { latencyVerdictText, verdictOfRatio, verdictOfSize } from '@shared/verdict';

interface Row {
  run: RunView;
  trial: TrialView;
  latency: LatencyMetrics | undefined;
  baseline: TrialView | undefined;
}
const baselineName = 'baseline';
type Cell = string | number | boolean | undefined;

const columns: Record<string, (row: Row) => Cell> = {
  model: ({ trial }) => trial.model,
  recipe: ({ trial }) => trial.recipe,
  steps: ({ trial }) => trial.recipeText,
  status: ({ trial }) => trial.status,
  compared_with: ({ run }) => run.against ?? baselineName,
  size_bytes: ({ trial }) => trial.metrics.sizeBytes,
  size_ratio: ({ trial, baseline }) => ratio(trial.metrics.sizeBytes, baseline?.metrics.sizeBytes),
  size_compressed_bytes: ({ trial }) => trial.metrics.sizeCompressedBytes,
  entropy_bound_bytes: ({ trial }) => trial.metrics.entropyBoundBytes,
  bits_per_weight: ({ trial }) => round(trial.metrics.bitsPerWeight, 3),
  params: ({ trial }) => trial.metrics.params,
  nonzero_params: ({ trial }) => trial.metrics.nonZeroParams,
  macs: ({ trial }) => trial.metrics.macs,
  images: ({ trial }) => trial.metrics.n,
  images_skipped: ({ trial }) => trial.metrics.skipped,
  top1_percent: ({ trial }) => round(trial.metrics.top1),
  top1_low: ({ trial }) => round(trial.metrics.top1Interval?.[0]),
  top1_high: ({ trial }) => round(trial.metrics.top1Interval?.[1]),
  top1_delta_points: ({ trial }) => round(trial.metrics.top1Delta),
  top1_delta_low: ({ trial }) => round(trial.metrics.top1DeltaInterval?.[0]),
  top1_delta_high: ({ trial }) => round(trial.metrics.top1DeltaInterval?.[1]),
  mcnemar_p: ({ trial }) => round(trial.metrics.mcnemarP, 6),
  top5_percent: ({ trial }) => round(trial.metrics.top5),
  agreement_percent: ({ trial }) => round(trial.metrics.agreement),
  target: ({ latency }) => latency?.target,
  latency_p50_ms: ({ latency }) => round(latency?.p50Ms, 4),
  latency_p90_ms: ({ latency }) => round(latency?.p90Ms, 4),
  latency_p99_ms: ({ latency }) => round(latency?.p99Ms, 4),
  latency_mad_ms: ({ latency }) => round(latency?.madMs, 4),
  latency_n: ({ latency }) => latency?.n,
  latency_rounds: ({ latency }) => latency?.rounds,
  latency_ratio: ({ latency }) => round(latency?.ratio, 4),
  latency_ratio_low: ({ latency }) => round(latency?.ratioInterval[0], 4),
  latency_ratio_high: ({ latency }) => round(latency?.ratioInterval[1], 4),
  latency_verdict: (row) => latencyVerdict(row),
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

/** One row a trial and target, RFC 4180, a header of names with units. Empty cells were not measured. */
export function csvReport(run: RunView): string {
  const rows = run.trials.flatMap((trial): Row[] => {
    const baseline = run.trials.find((other) => other.model === trial.model && other.isBaseline);
    const latencies = trial.metrics.latency.length > 0 ? trial.metrics.latency : [undefined];
    return latencies.map((latency) => ({ run, trial, latency, baseline }));
  });
  const lines = rows.map((row) => Object.values(columns).map((cell) => quote(cell(row))));
  return [Object.keys(columns), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function latencyVerdict({ trial, latency, baseline }: Row): string | undefined {
  if (!latency || trial.isBaseline) return undefined;
  const [own, other] = [trial.metrics.sizeBytes, baseline?.metrics.sizeBytes];
  const size = own === undefined || !other ? undefined : verdictOfSize(own, other);
  return latencyVerdictText(verdictOfRatio(latency.ratioInterval, 'lower'), size);
}

function quote(cell: Cell): string {
  let text = cell === undefined ? '' : String(cell);
  // Spreadsheets run cells that begin like a formula; names come from files, so they are shown as text.
  if (typeof cell === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function round(value: number | undefined, digits = 2): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

function ratio(value: number | undefined, baseline: number | undefined): number | undefined {
  return value === undefined || !baseline ? undefined : round(value / baseline, 4);
}
