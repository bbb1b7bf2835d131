import { AppError } from '@shared/errors';
import { renderReport, type ReportFormat } from '../../main/engine/report/render-report';
import { htmlReport } from '../../main/engine/report/html';
import { writeFileAtomic } from '../../main/engine/files/atomic-file';
import { defaultMetrics, metricIds, metrics } from '@shared/presenter/metrics';
import { reportViewSchema, type ReportView } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import type { Arguments, Command } from '../arguments';
import { findRun } from '../find-run';
import { matrixText } from '../matrix-text';
import { printWithElectron } from '../print-with-electron';
import { openStoredRun } from '../stored-run';

const formats: ReportFormat[] = ['csv', 'json', 'html'];

export const report: Command = {
  name: 'report',
  usage: '[RUN]',
  summary: 'write or print a run: its id, "latest", or the folder given to run --out',
  options: {
    csv: { type: 'string', value: 'FILE', help: 'write the matrix as CSV' },
    against: {
      type: 'string',
      value: 'RECIPE',
      help: 'compare trials with those of this recipe in place of the models as they came',
    },
    metrics: { type: 'string', value: 'LIST', help: `columns of the page (${defaultMetrics.join(',')})` },
    networks: { type: 'string', value: 'LIST', help: 'models on the page (all)' },
    filter: { type: 'string', value: 'WORDS', help: 'recipes on the page: those that hold every word (all)' },
    sort: { type: 'string', value: 'MODEL:METRIC', help: 'order of the recipes on the page, best first' },
    target: { type: 'string', value: 'TARGET', help: 'the target that comes first on the page' },
    html: { type: 'string', value: 'FILE', help: 'write one self-contained page' },
    pdf: { type: 'string', value: 'FILE', help: 'print the page to PDF' },
    json: { type: 'string', value: 'FILE', help: 'write the whole result as JSON (- for standard output)' },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out' },
  },
  async run(arguments_) {
    const reference = arguments_.positionals[0] ?? 'latest';
    const { engine, run: id } = await openStoredRun(arguments_, reference);
    try {
      const run = engine.runs.view(id, arguments_.text('against'));
      const view = viewOf(arguments_, run);
      const written: string[] = [];
      for (const format of formats) {
        const path = arguments_.text(format);
        if (path === undefined) continue;
        if (path === '-') process.stdout.write(renderReport(run, format, view));
        else await writeFileAtomic(path, renderReport(run, format, view));
        written.push(path);
      }
      const pdf = arguments_.text('pdf');
      if (pdf !== undefined) {
        await printWithElectron(htmlReport(run, view), pdf);
        written.push(pdf);
      }
      for (const path of written) if (path !== '-') process.stderr.write(`Wrote ${path}\n`);
      if (written.length === 0) process.stdout.write(`${matrixText(run)}\n`);
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** What the page shows. @throws `usage` for names that the run does not have */
function viewOf(arguments_: Arguments, run: RunView): ReportView {
  const listOf = (name: string): string[] | undefined =>
    arguments_
      .text(name)
      ?.split(',')
      .map((word) => word.trim());
  const known = <T extends string>(option: string, names: readonly T[], name: string): T => {
    const found = names.find((candidate) => candidate === name);
    if (found !== undefined) return found;
    throw new AppError('usage', { detail: `--${option} knows ${names.join(', ')}, not "${name}"` });
  };
  const sort = arguments_.text('sort');
  const target = arguments_.text('target');
  const colon = sort?.lastIndexOf(':') ?? 0;
  const metric = sort === undefined ? undefined : known('sort', metricIds, sort.slice(colon + 1));
  return reportViewSchema.parse({
    metrics: listOf('metrics')?.map((name) => known('metrics', metricIds, name)),
    models: listOf('networks')?.map((name) => known('networks', run.models, name)),
    filter: arguments_.text('filter'),
    sort: metric && {
      model: known('sort', run.models, sort!.slice(0, colon)),
      metric,
      descending: metrics[metric].better === 'higher',
    },
    target: target === undefined ? undefined : known('target', run.manifest.targets, target),
  });
}
