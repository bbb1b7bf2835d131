import { z } from 'zod';
import type { RunView } from '../run';
import { budgetSchema } from './budget';
import { defaultMetrics, metricIds } from './metrics';
import type { RunPresentation } from './reading';
import { arrangementSchema, hasClearDifference } from './row-arrangement';
import { matchesFilter, matrixRows, type MatrixRow } from './rows';

export const matrixSortSchema = z.strictObject({
  model: z.string().max(200),
  metric: z.enum(metricIds),
  descending: z.boolean(),
});
export type MatrixSort = z.infer<typeof matrixSortSchema>;

/** What of a run is shown, in the window and on paper. The defaults show every network, recipe and target. */
export const reportViewSchema = z.strictObject({
  metrics: z.array(z.enum(metricIds)).min(1).default(defaultMetrics),
  /** Names of networks; absent: all. */
  models: z.array(z.string().max(200)).max(100).optional(),
  filter: z.string().max(1000).default(''),
  ...arrangementSchema.partial().shape,
  /** Names of the recipes that were picked; absent: all that the filter leaves. */
  only: z.array(z.string().max(200)).max(10_000).optional(),
  /** Null: the order of the sweep. */
  sort: matrixSortSchema.nullable().default(null),
  /** The target that stands first and that rows are sorted by; absent: the first of the run. */
  target: z.string().max(400).optional(),
  /** What trials may cost; absent: every trial is shown alike. */
  budget: budgetSchema.optional(),
});
export type ReportView = z.infer<typeof reportViewSchema>;

/** The run's networks that a view shows, in the run's order; where it names none of them, all. */
export function shownModels({ models }: { models: readonly string[] }, names: readonly string[] | undefined): string[] {
  const shown = models.filter((model) => !names || names.includes(model));
  return shown.length > 0 ? shown : [...models];
}

/** The run's targets, the chosen one first. */
export function shownTargets({ manifest: { targets } }: RunView, chosen: string | undefined): string[] {
  return chosen !== undefined && targets.includes(chosen)
    ? [chosen, ...targets.filter((target) => target !== chosen)]
    : targets;
}

/**
 * Rows as they are shown: what the others are compared with always and first, then those that are pinned, the rest filtered and sorted;
 * what has no value comes last.
 */
export function shownRows(
  presentation: RunPresentation,
  view: Pick<ReportView, 'filter' | 'only' | 'sort' | 'models' | 'pinned' | 'onlyClear'>,
  target: string,
): MatrixRow[] {
  const { run, read } = presentation;
  const { filter, only, sort, pinned = [], onlyClear = false } = view;
  const rows = matrixRows(run);
  const models = shownModels(run, view.models);
  const isPinned = ({ recipe, isBaseline }: MatrixRow): boolean => !isBaseline && pinned.includes(recipe);
  const first = [
    ...rows.filter((row) => row.isBaseline),
    ...rows.filter(isPinned).map((row) => ({ ...row, isPinned: true })),
  ];
  const others = rows.filter(
    (row) =>
      !row.isBaseline &&
      !isPinned(row) &&
      matchesFilter(row, filter) &&
      (!only || only.includes(row.recipe)) &&
      (!onlyClear || hasClearDifference(presentation, row, models, target)),
  );
  if (!sort) return [...first, ...others];
  const valueOf = (row: MatrixRow): number | undefined => {
    const trial = row.trials.get(sort.model);
    return trial && read(sort.metric, trial, target)?.value;
  };
  const sign = sort.descending ? -1 : 1;
  const sorted = others
    .map((row) => ({ row, value: valueOf(row) }))
    .sort((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined);
      return sign * (a.value - b.value);
    });
  return [...first, ...sorted.map(({ row }) => row)];
}
