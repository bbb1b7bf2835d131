import { AppError } from '@shared/errors';
import { papers, type Paper } from '@shared/presenter/paper';
import { defaultMetrics } from '@shared/presenter/metrics';
import { gatherReportSources } from '../../main/engine/gather-report-sources';
import { noSources, type ReportSources } from '../../main/engine/report/report-sources';
import { readRunFile } from '../../main/engine/report/read-run-file';
import { renderReport, type ReportFormat } from '../../main/engine/report/render-report';
import { writeFileAtomic } from '../../main/engine/files/atomic-file';
import type { RunView } from '@shared/run';
import { usageError, type Arguments, type Command } from '../arguments';
import { openRun } from '../find-run';
import { matrixText } from '../matrix-text';
import { printWithElectron } from '../print-with-electron';
import { reportViewOf } from '../report-view-of';

const formats: ReportFormat[] = ['csv', 'matrix-csv', 'long-csv', 'md', 'json', 'html'];

export const report: Command = {
  name: 'report',
  usage: '[RUN]',
  summary: 'write or print a run: its id, "latest", the folder given to run --out, or a JSON report',
  options: {
    pdf: { type: 'string', value: 'FILE', help: 'print the report to PDF' },
    paper: { type: 'string', value: 'SIZE', help: 'paper of the PDF: a4 (the usual) or letter' },
    html: { type: 'string', value: 'FILE', help: 'write the report as one self-contained page' },
    md: { type: 'string', value: 'FILE', help: 'write the report as Markdown' },
    csv: { type: 'string', value: 'FILE', help: 'write a row a trial and target as CSV' },
    'matrix-csv': { type: 'string', value: 'FILE', help: 'write a row a recipe, with the columns of the page, as CSV' },
    'long-csv': { type: 'string', value: 'FILE', help: 'write a row a figure, with interval and verdict, as CSV' },
    json: { type: 'string', value: 'FILE', help: 'write the whole result as JSON (- for standard output)' },
    against: {
      type: 'string',
      value: 'RECIPE',
      help: 'compare trials with those of this recipe in place of the models as they came',
    },
    metrics: { type: 'string', value: 'LIST', help: `columns of the report (${defaultMetrics.join(',')})` },
    networks: { type: 'string', value: 'LIST', help: 'models in the report (all)' },
    filter: { type: 'string', value: 'WORDS', help: 'recipes in the report: those that hold every word (all)' },
    only: { type: 'string', value: 'LIST', help: 'recipes in the report, by name (all)' },
    sort: { type: 'string', value: 'MODEL:METRIC', help: 'order of the recipes in the report, best first' },
    target: { type: 'string', value: 'TARGET', help: 'the target that comes first in the report' },
    budget: {
      type: 'string',
      value: 'LIMITS',
      help: 'what the verdict keeps to: "drop<=1, size<=2MB, time<=0.5"',
    },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out' },
  },
  async run(arguments_) {
    const paper = paperOf(arguments_);
    const { run, sources } = await readRun(arguments_);
    const view = reportViewOf(arguments_, run);
    const written: string[] = [];
    for (const format of formats) {
      const path = arguments_.text(format);
      if (path === undefined) continue;
      const text = renderReport(run, format, { view, sources, paper });
      if (path === '-') process.stdout.write(text);
      else await writeFileAtomic(path, text);
      written.push(path);
    }
    const pdf = arguments_.text('pdf');
    if (pdf !== undefined) {
      await printWithElectron(renderReport(run, 'html', { view, sources, paper }), pdf, paper);
      written.push(pdf);
    }
    for (const path of written) if (path !== '-') process.stderr.write(`Wrote ${path}\n`);
    if (written.length === 0) process.stdout.write(`${matrixText(run)}\n`);
    return 0;
  },
};

function paperOf(arguments_: Arguments): Paper {
  const name = (arguments_.text('paper') ?? 'a4').toLowerCase();
  const paper = papers.find((one) => one === name);
  if (!paper) throw usageError(report, `--paper takes ${papers.join(' or ')}, not "${name}"`);
  return paper;
}

async function readRun(arguments_: Arguments): Promise<{ run: RunView; sources: ReportSources }> {
  const [reference = 'latest'] = arguments_.positionals;
  const against = arguments_.text('against');
  if (/\.json$/i.test(reference)) {
    const run = await readRunFile(reference);
    if (against === undefined || against === run.against) return { run, sources: noSources };
    throw new AppError('results.read-only', {
      run: run.id,
      detail: 'it cannot be compared with another recipe, because the answers on single images are not in it',
    });
  }
  const { engine, id } = await openRun(reference, arguments_);
  try {
    const run = engine.runs.view(id, against);
    return { run, sources: await gatherReportSources(engine, run) };
  } finally {
    engine.close();
  }
}
