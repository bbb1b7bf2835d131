import { z } from 'zod';
import type { RunView } from '../run';
import { budgetSchema } from './budget';
import { defaultMetrics, metricIds } from './metrics';
import type { RunPresentation } from './reading';
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

/** Rows as they are shown: what the others are compared with always and first, the rest filtered and sorted; what has no value comes last. */
export function shownRows(
  { run, read }: RunPresentation,
  { filter, only, sort }: Pick<ReportView, 'filter' | 'only' | 'sort'>,
  target: string,
): MatrixRow[] {
  const rows = matrixRows(run);
  const pinned = rows.filter((row) => row.isBaseline);
  const others = rows.filter(
    (row) => !row.isBaseline && matchesFilter(row, filter) && (!only || only.includes(row.recipe)),
  );
  if (!sort) return [...pinned, ...others];
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
  return [...pinned, ...sorted.map(({ row }) => row)];
}
