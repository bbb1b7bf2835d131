import { sentenceFor } from '@shared/errors';
import {
  absent,
  formatBytes,
  formatDelta,
  formatDuration,
  formatInterval,
  formatMegabytes,
  formatMsValue,
  formatNumber,
  formatRatio,
  formatRatioInterval,
} from '@shared/format';
import type { LatencyMetrics } from '@shared/metrics';
import type { RunView, TrialView } from '@shared/run';
import {
  latencyVerdictText,
  verdictOfDelta,
  verdictOfRatio,
  verdictOfSize,
  verdictSigns,
  verdictText,
  type Verdict,
} from '@shared/verdict';
import { escapeHtml } from './escape-html';
import { publishedTable } from './html-published';
import { reportStyle } from './html-style';
import { scatterSvg, type ScatterPoint } from './scatter-svg';

/** The run as one self-contained page without scripts: matrix, two charts, manifest. Made to be printed. */
export function htmlReport(run: RunView): string {
  const { manifest } = run;
  const title = escapeHtml(run.name);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>${reportStyle}</style></head>
<body>
<header><h1>${title}</h1><p>${escapeHtml(subtitle(run))}</p></header>
${matrix(run)}
<p class="legend">Size: bytes of the file that ships (MB = 10<sup>6</sup> bytes), and bits of it for each weight. Latency: median of one image, ${escapeHtml(manifest.targets.join(', '))}; ${latencyLegend(run)}
Top-1: ${manifest.dataset.eval.toLocaleString('en')} images; difference in points with the 95 % paired interval. ▲ clear gain, ▼ clear loss, ≈ no clear difference.</p>
<section class="charts">${charts(run)}</section>
${notes(run)}
${publishedTable(run)}
${manifestTable(run)}
</body></html>`;
}

function latencyLegend({ against }: RunView): string {
  return against === undefined
    ? "ratio to the model's own baseline, both interleaved, with 95 % bootstrap interval."
    : `all compared with ${escapeHtml(against)}; ratio by way of the model's baseline, beside which both were measured, with 95 % interval.`;
}

function subtitle(run: RunView): string {
  const { dataset, machine } = run.manifest;
  const took = run.endedAt ? `, ${formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}` : '';
  return `${run.startedAt.slice(0, 10)}${took} · ${run.trialsDone} of ${run.trialsTotal} trials · ${dataset.name}, ${dataset.eval.toLocaleString('en')} images · ${machine.cpu}`;
}

function matrix(run: RunView): string {
  const groups = run.models.map((model) => `<th colspan="3" class="group">${escapeHtml(model)}</th>`).join('');
  const heads = run.models.map(() => '<th>size, MB ↓</th><th>latency, ms ↓</th><th>top-1, % ↑</th>').join('');
  const rows = run.recipes.map((recipe) => {
    const cells = run.models.map((model) => {
      const trial = run.trials.find((candidate) => candidate.model === model && candidate.recipe === recipe);
      const baseline = run.trials.find((candidate) => candidate.model === model && candidate.isBaseline);
      return trial ? trialCells(trial, baseline) : '<td colspan="3"></td>';
    });
    return `<tr><th class="recipe">${escapeHtml(recipe)}</th>${cells.join('')}</tr>`;
  });
  return `<table class="matrix"><thead><tr><th rowspan="2" class="recipe">technique</th>${groups}</tr><tr>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function trialCells(trial: TrialView, baseline: TrialView | undefined): string {
  if (trial.error) return `<td colspan="3" class="failed">${escapeHtml(sentenceFor(trial.error))}</td>`;
  const { metrics, isBaseline } = trial;
  const base = baseline?.metrics.sizeBytes;
  const sizeVerdict = metrics.sizeBytes === undefined || !base ? undefined : verdictOfSize(metrics.sizeBytes, base);
  const size =
    metrics.sizeBytes === undefined
      ? cell(absent)
      : cell(
          formatMegabytes(metrics.sizeBytes),
          [
            ...(isBaseline || !base ? [] : [formatRatio(metrics.sizeBytes / base)]),
            ...(metrics.bitsPerWeight === undefined ? [] : [`${formatNumber(metrics.bitsPerWeight, 1)} bit`]),
          ].join(' · '),
          sizeVerdict === 'unclear' ? undefined : sizeVerdict,
        );
  const time = latencyCell(metrics.latency[0], isBaseline, sizeVerdict);
  const accuracy =
    metrics.top1 === undefined
      ? cell(metrics.agreement === undefined ? absent : `agrees ${formatNumber(metrics.agreement, 1)}`)
      : metrics.top1Delta === undefined || !metrics.top1DeltaInterval
        ? cell(formatNumber(metrics.top1, 1), metrics.top1Interval ? formatInterval(metrics.top1Interval) : '')
        : cell(
            formatNumber(metrics.top1, 1),
            `${formatDelta(metrics.top1Delta)} ${formatInterval(metrics.top1DeltaInterval, (end) => formatDelta(end))}`,
            verdictOfDelta(metrics.top1DeltaInterval, 'higher'),
            trial.collapsed && 'collapsed',
          );
  return size + time + accuracy;
}

function cell(value: string, detail = '', verdict?: Verdict, remark = ''): string {
  const sign = verdict ? `<i>${verdictSigns[verdict]}</i> ` : '';
  const below = remark && `<br><small>${escapeHtml(remark)}</small>`;
  return `<td${verdict ? ` class="${verdict}"` : ''}><b>${value}</b><small>${sign}${detail}</small>${below}</td>`;
}

function latencyCell(latency: LatencyMetrics | undefined, isBaseline: boolean, size: Verdict | undefined): string {
  if (!latency) return cell(absent);
  const ratio = `${formatRatio(latency.ratio)} ${formatRatioInterval(latency.ratioInterval)}`;
  if (isBaseline) return cell(formatMsValue(latency.p50Ms), ratio);
  const verdict = verdictOfRatio(latency.ratioInterval, 'lower');
  const words = latencyVerdictText(verdict, size);
  const remark = words === verdictText(verdict) ? '' : words;
  return cell(formatMsValue(latency.p50Ms), ratio, verdict, remark);
}

function charts(run: RunView): string {
  const points = (x: (trial: TrialView) => number | undefined): ScatterPoint[] =>
    run.trials.flatMap((trial) => {
      const value = x(trial);
      const { top1, top1Interval } = trial.metrics;
      if (value === undefined || top1 === undefined) return [];
      const label = `${trial.model}, ${trial.recipe}`;
      return [
        {
          x: value,
          y: top1,
          low: top1Interval?.[0],
          high: top1Interval?.[1],
          label,
          series: run.models.indexOf(trial.model),
        },
      ];
    });
  const series = run.models;
  return [
    scatterSvg(
      points((trial) => (trial.metrics.sizeBytes ?? NaN) / 1e6),
      { title: 'Size and accuracy', xLabel: 'size, MB (logarithmic)', yLabel: 'top-1, %', series },
    ),
    scatterSvg(
      points((trial) => trial.metrics.latency[0]?.p50Ms),
      { title: 'Latency and accuracy', xLabel: 'latency, ms (logarithmic)', yLabel: 'top-1, %', series },
    ),
  ].join('');
}

function notes(run: RunView): string {
  const lines = run.trials.flatMap((trial) =>
    [...(trial.collapsed ? [`Collapsed: ${trial.collapsed}.`] : []), ...trial.notes].map(
      (note) => `<li><b>${escapeHtml(trial.model)}, ${escapeHtml(trial.recipe)}:</b> ${escapeHtml(note)}</li>`,
    ),
  );
  return lines.length > 0 ? `<h2>Notes</h2><ul>${lines.join('')}</ul>` : '';
}

function manifestTable(run: RunView): string {
  const { manifest } = run;
  const { machine, dataset } = manifest;
  const rows: [string, string][] = [
    ['run', run.id],
    ['Whittle / ONNX Runtime / Node', `${manifest.whittle} / ${manifest.onnxruntime} / ${manifest.node}`],
    [
      'machine',
      `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform} ${machine.arch}`,
    ],
    ['instruction sets', machine.isa.join(' ')],
    [
      'dataset',
      `${dataset.name}: ${dataset.eval} evaluation, ${dataset.calibration} calibration images, ${dataset.skipped} skipped; fingerprint ${dataset.fingerprint}`,
    ],
    ['seed', String(manifest.seed)],
    ['sweep sha256', manifest.sweepSha256],
    ...manifest.models.map((model): [string, string] => [
      model.name,
      `${formatBytes(model.sizeBytes)}, sha256 ${model.sha256}`,
    ]),
  ];
  return `<h2>Manifest</h2><table class="manifest">${rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</table>`;
}
