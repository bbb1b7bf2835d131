import { budgetSchema, type Budget } from '@shared/presenter/budget';
import { defaultMetrics, metricIds, type MetricId } from '@shared/presenter/metrics';
import { matrixSortSchema, shownModels, type MatrixSort } from '@shared/presenter/report-view';
import { recipeWidths } from './pane-sizes';
import type { ScatterAxis } from './scatter-points';

/** What the matrix remembers between sessions. */
export interface ViewSettings {
  metrics: MetricId[];
  hiddenModels: string[];
  /** Null: the order of the sweep. */
  sort: MatrixSort | null;
  /** The latency target shown; null: the first of the run. */
  target: string | null;
  chartOpen: boolean;
  chartAxis: ScatterAxis;
  chartLog: boolean;
  chartAsTable: boolean;
  /** Collapsed trials are drawn too. */
  chartCollapsed: boolean;
  /** The chart's part of the height; null: nobody has moved it. */
  chartShare: number | null;
  /** Width of the column of recipes, px. */
  recipeWidth: number;
  /** What trials may cost; without limits all are shown alike. */
  budget: Budget;
  /** The fields of the budget show. */
  budgetOpen: boolean;
}

type Stored = Record<string, unknown>;
const isRecord = (value: unknown): value is Stored => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const flag = (value: unknown, otherwise: boolean): boolean => (typeof value === 'boolean' ? value : otherwise);

const numberWithin = (value: unknown, minimum: number, maximum: number): number | undefined =>
  typeof value === 'number' && value >= minimum && value <= maximum ? value : undefined;

function parseSort(value: unknown): MatrixSort | null {
  return matrixSortSchema.safeParse(value).data ?? null;
}

/** Reads what an earlier session stored. A field that cannot be read falls back alone; the others stay. */
export function parseViewSettings(value: unknown): ViewSettings {
  const stored = isRecord(value) ? value : {};
  const metrics = Array.isArray(stored.metrics)
    ? metricIds.filter((id) => (stored.metrics as unknown[]).includes(id))
    : [];
  return {
    metrics: metrics.length > 0 ? metrics : [...defaultMetrics],
    hiddenModels: Array.isArray(stored.hiddenModels) ? stored.hiddenModels.filter(isText) : [],
    sort: parseSort(stored.sort),
    target: isText(stored.target) ? stored.target : null,
    chartOpen: flag(stored.chartOpen, true),
    chartAxis: stored.chartAxis === 'latency' ? 'latency' : 'size',
    chartLog: flag(stored.chartLog, true),
    chartAsTable: flag(stored.chartAsTable, false),
    chartCollapsed: flag(stored.chartCollapsed, false),
    chartShare: numberWithin(stored.chartShare, 0, 1) ?? null,
    recipeWidth: numberWithin(stored.recipeWidth, recipeWidths.minimum, recipeWidths.maximum) ?? recipeWidths.usual,
    budget: budgetSchema.safeParse(stored.budget).data ?? {},
    budgetOpen: flag(stored.budgetOpen, false),
  };
}

/** Networks to show, in the run's order; when every network of a run is hidden, all are shown. */
export function visibleModels(models: readonly string[], hidden: readonly string[]): string[] {
  return shownModels(
    { models },
    models.filter((model) => !hidden.includes(model)),
  );
}
