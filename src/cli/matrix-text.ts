import { sentenceFor } from '@shared/errors';
import {
  absent,
  formatDelta,
  formatInterval,
  formatMegabytes,
  formatMsValue,
  formatNumber,
  formatRatio,
  formatRatioInterval,
} from '@shared/format';
import type { RunView, TrialView } from '@shared/run';
import { verdictOfDelta, verdictOfRatio, verdictSigns } from '@shared/verdict';
import { textTable } from './text-table';

/** The matrix for a terminal: one table a network, so that it fits in 110 columns. */
export function matrixText(run: RunView): string {
  const tables = run.models.map((model) => {
    const trials = run.recipes.flatMap((recipe) =>
      run.trials.filter((trial) => trial.model === model && trial.recipe === recipe),
    );
    const baseline = trials.find((trial) => trial.isBaseline);
    const targets = run.manifest.targets;
    const columns = [
      { title: model },
      { title: 'size MB', align: 'right' as const },
      { title: 'of fp32', align: 'right' as const },
      ...targets.flatMap((target) => [{ title: `${target} ms`, align: 'right' as const }, { title: 'ratio [95 %]' }]),
      { title: 'top-1 %', align: 'right' as const },
      { title: 'difference [95 %]' },
      { title: 'agree %', align: 'right' as const },
    ];
    return textTable(
      columns,
      trials.map((trial) => cells(trial, baseline, targets)),
    );
  });
  const failures = run.trials.flatMap((trial) => (trial.error ? [`${trial.id}: ${sentenceFor(trial.error)}\n`] : []));
  const collapses = run.trials.flatMap((trial) =>
    trial.collapsed === undefined ? [] : [`${trial.id} collapsed: ${trial.collapsed}.\n`],
  );
  return [
    ...tables,
    ...(collapses.length > 0 ? [collapses.join('')] : []),
    ...(failures.length > 0 ? [failures.join('')] : []),
    legend(run),
  ].join('\n');
}

function cells(trial: TrialView, baseline: TrialView | undefined, targets: readonly string[]): string[] {
  const { metrics } = trial;
  if (trial.status !== 'done' && metrics.sizeBytes === undefined) return [trial.recipe, trial.status];
  const base = baseline?.metrics.sizeBytes;
  const latencies = targets.flatMap((target) => {
    const latency = metrics.latency.find((candidate) => candidate.target === target);
    if (!latency) return [absent, ''];
    const sign = trial.isBaseline ? ' ' : verdictSigns[verdictOfRatio(latency.ratioInterval, 'lower')];
    return [
      formatMsValue(latency.p50Ms),
      `${sign} ${formatRatio(latency.ratio)} ${formatRatioInterval(latency.ratioInterval)}`,
    ];
  });
  return [
    trial.recipe,
    metrics.sizeBytes === undefined ? absent : formatMegabytes(metrics.sizeBytes),
    metrics.sizeBytes === undefined || !base ? '' : formatRatio(metrics.sizeBytes / base),
    ...latencies,
    metrics.top1 === undefined ? absent : formatNumber(metrics.top1, 1),
    difference(trial),
    metrics.agreement === undefined ? '' : formatNumber(metrics.agreement, 1),
  ];
}

function difference({ metrics }: TrialView): string {
  if (metrics.top1Delta !== undefined && metrics.top1DeltaInterval) {
    const sign = verdictSigns[verdictOfDelta(metrics.top1DeltaInterval, 'higher')];
    return `${sign} ${formatDelta(metrics.top1Delta)} ${formatInterval(metrics.top1DeltaInterval, (end) => formatDelta(end))}`;
  }
  return metrics.top1Interval ? `  ${formatInterval(metrics.top1Interval)}` : '';
}

function legend(run: RunView): string {
  const { dataset, machine } = run.manifest;
  const undecoded = Math.max(0, ...run.trials.map((trial) => trial.metrics.skipped ?? 0));
  const left = dataset.skipped + undecoded;
  const skipped = left > 0 ? `, ${left.toLocaleString('en')} skipped` : '';
  return (
    `${dataset.name}: ${dataset.eval.toLocaleString('en')} evaluation images${skipped}, ${dataset.calibration.toLocaleString('en')} for calibration. ${machine.cpu}.\n` +
    `▲ clear gain  ▼ clear loss  ≈ no clear difference (the 95 % interval holds "no change"). Ratios are to the model's own baseline.\n`
  );
}
