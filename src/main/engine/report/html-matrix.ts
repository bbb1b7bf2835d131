import { sentenceFor } from '@shared/errors';
import { absent, formatNumber } from '@shared/format';
import { disturbedSign } from '@shared/presenter/disturbance';
import { betterArrow, metrics, type MetricId, type MetricSource } from '@shared/presenter/metrics';
import type { Reading, RunPresentation } from '@shared/presenter/reading';
import type { Paper } from '@shared/presenter/paper';
import type { TrialView } from '@shared/run';
import { escapeHtml } from './escape-html';
import { breakable } from './html-tables';
import type { Report } from './report-model';

/** Landscape without its margins of 12 mm, CSS pixels. */
const pageWidth: Record<Paper, number> = { a4: 1031, letter: 965 };
const narrowestRecipe = 132;
const widestRecipe = 300;
/** What the longest figures of a kind need, CSS pixels; longer ones wrap. */
const columnWidth: Record<MetricSource, number> = { file: 62, latency: 112, accuracy: 117 };

const widthOf = (metric: MetricId): number => columnWidth[metrics[metric].source];

const groupWidth = (shown: readonly MetricId[]): number => shown.reduce((sum, metric) => sum + widthOf(metric), 0);

/** Models in pages of about equal length: as many as fit beside each other, at least one. */
export function pagesOfModels(models: readonly string[], shown: readonly MetricId[], paper: Paper = 'a4'): string[][] {
  const width = groupWidth(shown);
  const fitting = Math.max(1, Math.floor((pageWidth[paper] - narrowestRecipe) / width));
  const pages = Math.ceil(models.length / fitting);
  const start = (page: number): number => Math.ceil((page * models.length) / pages);
  return Array.from({ length: pages }, (_, page) => models.slice(start(page), start(page + 1)));
}

/** The matrix of every target, in pages of models; rows, columns and words are those of the window. */
export function matrixPages(report: Report, paper: Paper): string {
  const pages = pagesOfModels(report.models, report.view.metrics, paper);
  return report.targets
    .flatMap((target) =>
      pages.map((models, page) => {
        const range = pages.length > 1 ? `<small>models ${pageText(pages, page)}</small>` : '';
        const title = target === '' ? 'Matrix' : `Matrix, ${escapeHtml(target)}`;
        return `<section class="pages"><h2>${title}${range}</h2>${table(report, target, models, pageWidth[paper])}</section>`;
      }),
    )
    .join('');
}

function pageText(pages: readonly string[][], page: number): string {
  const before = pages.slice(0, page).flat().length;
  const [from, to, all] = [before + 1, before + pages[page]!.length, pages.flat().length];
  return `${from === to ? formatNumber(to) : `${from} to ${to}`} of ${formatNumber(all)}`;
}

function table(
  { presentation, view: { metrics: shown, sort }, rows }: Report,
  target: string,
  models: readonly string[],
  width: number,
): string {
  const recipeWidth = Math.min(widestRecipe, Math.max(narrowestRecipe, width - models.length * groupWidth(shown)));
  const widths = models.flatMap(() => shown.map((metric) => `<col style="width:${widthOf(metric)}px">`));
  const groups = models.map(
    (model) => `<th colspan="${shown.length}" scope="colgroup" class="group start">${escapeHtml(model)}</th>`,
  );
  const heads = models.flatMap((model, group) =>
    shown.map((metric, index) => {
      const { title, unit, better, about } = metrics[metric];
      const column = `data-column="${group * shown.length + index}" data-better="${better}"`;
      const isSorted = sort?.model === model && sort.metric === metric;
      const order = isSorted ? ` aria-sort="${sort.descending ? 'descending' : 'ascending'}"` : '';
      return `<th scope="col"${index === 0 ? ' class="start"' : ''} ${column}${order} title="${escapeHtml(about)}">${title}, ${unit} ${betterArrow(better)}</th>`;
    }),
  );
  const lines = rows.map((row) => {
    const steps = row.recipeText ? `<small class="steps">${breakable(row.recipeText)}</small>` : '';
    const cells = models.map((model, group) =>
      trialCells(presentation, row.trials.get(model), shown, target, group * shown.length),
    );
    return `<tr${row.isBaseline ? ' class="baseline"' : ''}><th class="recipe" scope="row">${escapeHtml(row.recipe)}${steps}</th>${cells.join('')}</tr>`;
  });
  return `<table class="matrix"><colgroup><col style="width:${recipeWidth}px">${widths.join('')}</colgroup><thead><tr><th rowspan="2" scope="col" class="recipe">Recipe</th>${groups.join('')}</tr><tr>${heads.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

function trialCells(
  { read }: RunPresentation,
  trial: TrialView | undefined,
  shown: readonly MetricId[],
  target: string,
  firstColumn: number,
): string {
  if (!trial) return `<td colspan="${shown.length}" class="start"></td>`;
  if (trial.error)
    return `<td colspan="${shown.length}" class="start failed">${escapeHtml(sentenceFor(trial.error))}</td>`;
  return shown
    .map((metric, index) => {
      const reading = read(metric, trial, target);
      const collapsed = metric === 'top1' && trial.collapsed ? '<small class="under">collapsed</small>' : '';
      const classes = [index === 0 ? 'start' : '', reading?.change?.verdict ?? ''].filter(Boolean).join(' ');
      const hover = reading
        ? ` data-column="${firstColumn + index}" data-value="${reading.value}" title="${escapeHtml(hoverText(reading))}"`
        : '';
      return `<td${classes ? ` class="${classes}"` : ''}${hover}>${reading ? figure(reading) : absent}${collapsed}</td>`;
    })
    .join('');
}

/** What stands behind a figure, for the pointer: "clear gain; n 400, 10 session pairs, 40 rounds". */
function hoverText({ basis, change, ranIn, disturbed, whenMeasured }: Reading): string {
  return [change?.words, basis, ranIn && `in ${ranIn}`, whenMeasured, disturbed].filter(Boolean).join('; ');
}

function figure({ text, spread, basis, change, disturbed }: Reading): string {
  const mark = disturbed ? ` <small class="disturbed">${disturbedSign}</small>` : '';
  const beside = spread ? ` <small><span>${spread}</span></small>` : '';
  const control = change?.verdict === 'control' ? 'A/A' : '';
  const under = change
    ? `<i>${control || change.sign}</i> <span>${change.text}</span>${change.interval ? ` <span>${change.interval}</span>` : ''}`
    : basis;
  return `<b>${text}</b>${mark}${beside}<small class="under">${under}</small>`;
}
