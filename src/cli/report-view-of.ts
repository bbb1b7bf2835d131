import { AppError } from '@shared/errors';
import { metricIds, metrics } from '@shared/presenter/metrics';
import { parseBudget } from '@shared/presenter/parse-budget';
import { reportViewSchema, type ReportView } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import type { Arguments } from './arguments';

/** What a report shows, as the options say it. @throws `usage` for names that the run does not have, `budget.invalid` */
export function reportViewOf(arguments_: Arguments, run: RunView): ReportView {
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
  const budget = arguments_.text('budget');
  return reportViewSchema.parse({
    metrics: listOf('metrics')?.map((name) => known('metrics', metricIds, name)),
    models: listOf('networks')?.map((name) => known('networks', run.models, name)),
    filter: arguments_.text('filter'),
    only: listOf('only')?.map((name) => known('only', run.recipes, name)),
    budget: budget === undefined ? undefined : parseBudget(budget),
    sort: metric && {
      model: known('sort', run.models, sort!.slice(0, colon)),
      metric,
      descending: metrics[metric].better === 'higher',
    },
    target: target === undefined ? undefined : known('target', run.manifest.targets, target),
  });
}
