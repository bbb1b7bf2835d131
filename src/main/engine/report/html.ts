import { createHash } from 'node:crypto';
import { verdictKey } from '@shared/presenter/legend';
import type { Paper } from '@shared/presenter/paper';
import { escapeHtml } from './escape-html';
import { chartFigures, chartKey, trainingFigures } from './html-charts';
import { factsTable, plainTable, saidList } from './html-tables';
import { matrixPages } from './html-matrix';
import { pageStyle, reportStyle } from './html-style';
import type { NetworkPages } from './network-pages';
import type { Report } from './report-model';
import { sortScript } from './sort-script';

/** The one script that the page may run. */
const scriptHash = createHash('sha256').update(sortScript).digest('base64');

/**
 * A report as one self-contained page that loads nothing: cover, matrix of every target in pages of models, a page a network, method,
 * manifest. On a screen a press on a column's head sorts; on paper the same page is printed, landscape.
 */
export function htmlReport(report: Report, paper: Paper = 'a4'): string {
  const title = escapeHtml(report.title);
  const shown = report.shown === undefined ? '' : `<p>${escapeHtml(report.shown)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'"><style>${pageStyle(paper)}${reportStyle}</style></head>
<body>
<header><h1>${title}</h1><p>${escapeHtml(report.subtitle)}</p>${shown}</header>
${cover(report)}
${section('Caveats', saidList(report.caveats))}
${matrixPages(report, paper)}
${report.networks.map((pages) => network(report, pages)).join('\n')}
<div class="annex">${section('Method', factsTable(report.method))}
${section('Notes of the techniques', saidList(report.notes))}
${section('Manifest', factsTable(report.manifest))}</div>
<script>${sortScript}</script>
</body></html>`;
}

/** Nothing at all where there is nothing to say. */
function section(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${title}</h2>${content}</section>`;
}

function cover(report: Report): string {
  const sentences = report.cover.sentences.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join('');
  const signs = verdictKey(report.presentation).map(
    ({ verdict, sign, words }) => `<li class="${verdict}"><i>${sign}</i> ${escapeHtml(words)}</li>`,
  );
  return `<section class="cover"><h2>Verdict</h2><div class="verdict">${sentences}</div>${plainTable(report.cover.best)}
${chartFigures(report.charts)}${chartKey(report, report.models)}<ul class="key">${signs.join('')}</ul></section>`;
}

function network({ presentation }: Report, { model, charts, sections, trainings }: NetworkPages): string {
  if (charts.length + sections.length + trainings.length === 0) return '';
  const parts = sections.map(
    ({ title, about, table }) =>
      `<h3>${escapeHtml(title)}</h3><p class="about">${escapeHtml(about)}</p>${plainTable(table)}`,
  );
  const card = presentation.run.manifest.models.find(({ name }) => name === model);
  const file = card ? `<small>sha256 ${escapeHtml(card.sha256)}</small>` : '';
  return `<section class="network"><h2>${escapeHtml(model)} ${file}</h2>${chartFigures(charts, { named: true })}${parts.join('')}${trainingFigures(trainings)}</section>`;
}
