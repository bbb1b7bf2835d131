import { absent } from '@shared/format';
import { sentenceFor } from '@shared/errors';
import { verdictKey } from '@shared/presenter/legend';
import { betterArrow, metrics, type MetricId } from '@shared/presenter/metrics';
import type { Fact } from '@shared/presenter/manifest-facts';
import type { RunPresentation } from '@shared/presenter/reading';
import type { TrialView } from '@shared/run';
import type { Report } from './report-model';
import type { ReportTable } from './report-table';
import type { Said } from './said-of-trials';

/** A report as Markdown with tables of GitHub's kind: for issues, wikis and pull requests. Charts are left to their tables. */
export function markdownReport(report: Report): string {
  const { cover, presentation, models, targets } = report;
  const key = verdictKey(presentation).map(({ sign, words }) => `${sign} ${words}`);
  const blocks = [
    `# ${text(report.title)}`,
    text(report.subtitle),
    report.shown && text(report.shown),
    ...cover.sentences.map(text),
    tableText(cover.best),
    ...targets.flatMap((target) => [
      target === '' ? '## Matrix' : `## Matrix, ${text(target)}`,
      ...models.flatMap((model) => [`### ${text(model)}`, tableText(matrixTable(report, model, target))]),
    ]),
    text(key.join(' · ')),
    ...section('Caveats', saidText(report.caveats)),
    ...report.networks.flatMap(({ model, sections }) =>
      section(
        text(model),
        sections
          .map(({ title, about, table }) => `### ${text(title)}\n\n${text(about)}\n\n${tableText(table)}`)
          .join('\n\n'),
      ),
    ),
    ...section('Method', factsText(report.method)),
    ...section('Notes of the techniques', saidText(report.notes)),
    ...section('Manifest', factsText(report.manifest)),
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function section(title: string, content: string): string[] {
  return content === '' ? [] : [`## ${title}`, content];
}

function matrixTable({ presentation, view, rows }: Report, model: string, target: string): ReportTable {
  const heads = view.metrics.map((metric) => {
    const { title, unit, better } = metrics[metric];
    return `${title}, ${unit} ${betterArrow(better)}`;
  });
  return {
    heads: ['recipe', ...heads],
    rows: rows.map((row) => [row.recipe, ...figures(presentation, row.trials.get(model), view.metrics, target)]),
    numbers: heads.map((_, column) => column + 1),
  };
}

function figures(
  { read }: RunPresentation,
  trial: TrialView | undefined,
  shown: readonly MetricId[],
  target: string,
): string[] {
  if (!trial) return shown.map(() => '');
  if (trial.error) return [sentenceFor(trial.error), ...shown.slice(1).map(() => '')];
  return shown.map((metric) => {
    const reading = read(metric, trial, target);
    if (!reading) return absent;
    const { text: value, spread, change, disturbed } = reading;
    const difference = change && [change.sign, change.text, change.interval].filter(Boolean).join(' ');
    return [value, spread, difference, disturbed && '!', metric === 'top1' && trial.collapsed && 'collapsed']
      .filter(Boolean)
      .join(' ');
  });
}

function tableText({ heads, rows, numbers = [] }: ReportTable): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.map(text).join(' | ')} |`;
  const rule = heads.map((_, column) => (numbers.includes(column) ? '---:' : '---'));
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

const factsText = (facts: readonly Fact[]): string =>
  facts.map(({ name, value }) => `- **${text(name)}**: ${text(value)}`).join('\n');

const saidText = (said: readonly Said[]): string =>
  said.map(({ sentence, of }) => `- ${text(sentence)}${of === undefined ? '' : ` (${text(of)})`}`).join('\n');

/** Names come from files: nothing in them may end a cell, a line, or become markup. */
function text(plain: string): string {
  return plain
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll(/[\\`*<>|]|^[#+-]|&(?=[#\w])|~(?=~)|\](?=[([:])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
}
