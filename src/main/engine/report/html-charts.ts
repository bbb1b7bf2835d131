import { trainingKey } from '@shared/presenter/training-curve';
import type { Chart } from './charts';
import { escapeHtml } from './escape-html';
import type { Training } from './network-pages';
import type { Report } from './report-model';
import { scatterMark, scatterSvg } from './scatter-svg';
import { trainingSvg } from './training-svg';

/** Charts side by side; nothing where there are none. @param named writes the recipes of the front beside their points */
export function chartFigures(charts: readonly Chart[], { named = false } = {}): string {
  if (charts.length === 0) return '';
  const figures = charts.map((chart) => {
    const left = chart.collapsed > 0 ? ` <small>without ${chart.collapsed} that collapsed</small>` : '';
    return `<figure><figcaption>${escapeHtml(chart.title)}${left}</figcaption>${scatterSvg(chart, named)}</figure>`;
  });
  return `<div class="charts${figures.length > 2 ? ' three' : ''}">${figures.join('')}</div>`;
}

/** Which mark is which network. */
export function chartKey({ presentation: { run }, charts }: Report, models: readonly string[]): string {
  if (charts.length === 0) return '';
  const marks = models.map(
    (model) =>
      `<li><svg viewBox="-5 -5 10 10" aria-hidden="true">${scatterMark(run.models.indexOf(model), 0, 0)}</svg>${escapeHtml(model)}</li>`,
  );
  return `<ul class="key models">${marks.join('')}</ul>`;
}

/** Losses while networks were trained, side by side; nothing where none was. */
export function trainingFigures(trainings: readonly Training[]): string {
  if (trainings.length === 0) return '';
  const figures = trainings.map(
    ({ title, curve, sentence, facts }) =>
      `<figure><figcaption>${escapeHtml(title)}</figcaption>${trainingSvg(curve, sentence)}<p class="about">${escapeHtml(sentence)} ${escapeHtml(facts)}</p></figure>`,
  );
  return `<h3>Training</h3><p class="about">The loss from step to step. ${escapeHtml(trainingKey)}</p><div class="charts three">${figures.join('')}</div>`;
}
