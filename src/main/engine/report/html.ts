import { formatDuration, formatNumber } from '@shared/format';
import { referenceRule, timesRule, verdictKey, verdictRule } from '@shared/presenter/legend';
import { metrics } from '@shared/presenter/metrics';
import { presentRun, type RunPresentation } from '@shared/presenter/reading';
import { reportViewSchema, shownModels, type ReportView } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import { escapeHtml } from './escape-html';
import { charts } from './html-charts';
import { manifestTable } from './html-manifest';
import { matrixPages } from './html-matrix';
import { notes } from './html-notes';
import { publishedTable } from './html-published';
import { reportStyle } from './html-style';

/**
 * The run as one self-contained page without scripts: charts with their key, the matrix of every target in pages of models, notes,
 * manifest. Made to be printed on A4 landscape.
 * @param view what of the run is shown, as in the window; by default everything
 */
export function htmlReport(run: RunView, view: ReportView = reportViewSchema.parse({})): string {
  const presentation = presentRun(run);
  const title = escapeHtml(run.name);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>${reportStyle}</style></head>
<body>
<header><h1>${title}</h1><p>${escapeHtml(subtitle(run))}</p>${shownText(run, view)}</header>
${charts(presentation, view)}
${legend(presentation)}
${matrixPages(presentation, view)}
${notes(presentation)}
${publishedTable(run)}
${manifestTable(run)}
</body></html>`;
}

function subtitle(run: RunView): string {
  const { dataset, machine } = run.manifest;
  const took = run.endedAt ? `, ${formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}` : '';
  return `${run.startedAt.slice(0, 10)}${took} · ${run.trialsDone} of ${run.trialsTotal} trials · ${dataset.name}, ${formatNumber(dataset.eval)} images · ${machine.cpu}`;
}

/** What was left out or put in order, so that nobody takes a part for the whole. */
function shownText(run: RunView, { models, filter, onlyClear, sort }: ReportView): string {
  const shown = shownModels(run, models);
  const parts = [
    shown.length < run.models.length && `${shown.length} of ${run.models.length} models`,
    filter.trim() !== '' && `recipes with “${filter.trim()}”`,
    onlyClear && 'recipes with a clear difference of time or top-1',
    sort && `sorted by ${metrics[sort.metric].title.toLowerCase()} of ${sort.model}`,
  ].filter(Boolean);
  return parts.length > 0 ? `<p>Shown: ${escapeHtml(parts.join(', '))}</p>` : '';
}

function legend(presentation: RunPresentation): string {
  const key = verdictKey(presentation).map(
    ({ verdict, sign, words }) => `<li class="${verdict}"><i>${sign}</i> ${escapeHtml(words)}</li>`,
  );
  const rules = [
    verdictRule(presentation),
    referenceRule(presentation),
    timesRule,
    'MB = 10⁶ bytes of the file that ships. Top-1 with its 95 % Wilson interval, its difference in points with the paired one.',
  ];
  return `<ul class="key">${key.join('')}</ul><p class="legend">${escapeHtml(rules.join(' '))}</p>`;
}
