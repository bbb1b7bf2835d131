import { AppError } from '@shared/errors';
import { metricIds, metrics } from '@shared/presenter/metrics';
import { reportViewSchema, type ReportView } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import type { Arguments } from './arguments';

/** What a report shows, as the options say it. @throws `usage` for names that the run does not have, and for what is no number */
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
  const numberOf = (option: string): number | undefined => {
    const text = arguments_.text(option);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
    throw new AppError('usage', { detail: `--${option} takes a number from 0 on, not "${text}"` });
  };
  const sort = arguments_.text('sort');
  const target = arguments_.text('target');
  const colon = sort?.lastIndexOf(':') ?? 0;
  const metric = sort === undefined ? undefined : known('sort', metricIds, sort.slice(colon + 1));
  const parsed = reportViewSchema.safeParse({
    metrics: listOf('metrics')?.map((name) => known('metrics', metricIds, name)),
    models: listOf('networks')?.map((name) => known('networks', run.models, name)),
    filter: arguments_.text('filter'),
    only: listOf('only')?.map((name) => known('only', run.recipes, name)),
    budget: {
      maxDropPoints: numberOf('max-drop'),
      maxBytes: numberOf('max-bytes'),
      maxLatencyRatio: numberOf('max-time'),
    },
    sort: metric && {
      model: known('sort', run.models, sort!.slice(0, colon)),
      metric,
      descending: metrics[metric].better === 'higher',
    },
    target: target === undefined ? undefined : known('target', run.manifest.targets, target),
  });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError('usage', { detail: `${path.join('.')}: ${message}` });
}
