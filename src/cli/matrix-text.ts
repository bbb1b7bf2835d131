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
import { verdictOfDelta, verdictOfRatio, verdictOfSize, verdictSigns } from '@shared/verdict';
import { textTable } from './text-table';

const sizeOnlySign = '◇';

/** The matrix for a terminal: one table a network, so that it fits in 120 columns. */
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
      { title: run.against === undefined ? 'of fp32' : 'of ref', align: 'right' as const },
      { title: 'bits/w', align: 'right' as const },
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
    ...published(run),
    legend(run),
  ].join('\n');
}

function cells(trial: TrialView, baseline: TrialView | undefined, targets: readonly string[]): string[] {
  const { metrics } = trial;
  if (trial.status !== 'done' && metrics.sizeBytes === undefined) return [trial.recipe, trial.status];
  const base = baseline?.metrics.sizeBytes;
  const isSmaller = metrics.sizeBytes !== undefined && !!base && verdictOfSize(metrics.sizeBytes, base) === 'gain';
  const latencies = targets.flatMap((target) => {
    const latency = metrics.latency.find((candidate) => candidate.target === target);
    if (!latency) return [absent, ''];
    const verdict = verdictOfRatio(latency.ratioInterval, 'lower');
    const sign = trial.isBaseline ? ' ' : verdict === 'unclear' && isSmaller ? sizeOnlySign : verdictSigns[verdict];
    return [
      formatMsValue(latency.p50Ms),
      `${sign} ${formatRatio(latency.ratio)} ${formatRatioInterval(latency.ratioInterval)}`,
    ];
  });
  return [
    trial.recipe,
    metrics.sizeBytes === undefined ? absent : formatMegabytes(metrics.sizeBytes),
    metrics.sizeBytes === undefined || !base ? '' : formatRatio(metrics.sizeBytes / base),
    metrics.bitsPerWeight === undefined ? '' : formatNumber(metrics.bitsPerWeight, 2),
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

/** The closest published change of top-1 for each trial that has one. */
function published(run: RunView): string[] {
  const lines = run.trials.flatMap((trial) => {
    const [first] = trial.published ?? [];
    if (!first || trial.metrics.top1Delta === undefined) return [];
    const [theirs, ours] = [formatDelta(-first.top1Drop), formatDelta(trial.metrics.top1Delta)];
    return [`${trial.id}: top-1 ${ours} here, ${theirs} published (${first.source.title}; ${first.differs}).\n`];
  });
  return lines.length > 0 ? [lines.join('')] : [];
}

function legend(run: RunView): string {
  const { dataset, machine } = run.manifest;
  const undecoded = Math.max(0, ...run.trials.map((trial) => trial.metrics.skipped ?? 0));
  const left = dataset.skipped + undecoded;
  const skipped = left > 0 ? `, ${left.toLocaleString('en')} skipped` : '';
  return (
    `${dataset.name}: ${dataset.eval.toLocaleString('en')} evaluation images${skipped}, ${dataset.calibration.toLocaleString('en')} for calibration. ${machine.cpu}.\n` +
    `▲ clear gain  ▼ clear loss  ≈ no clear difference (the 95 % interval holds "no change")\n` +
    `◇ no clear difference in time, but a smaller file: size only\n` +
    `${run.against === undefined ? "Ratios are to the model's own baseline" : `Compared with "${run.against}" (ref), times by way of the baseline`}; bits/w: bits of the file for each weight.\n`
  );
}
