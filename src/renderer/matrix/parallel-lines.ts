import { metrics, type MetricId } from '@shared/presenter/metrics';
import type { RunPresentation } from '@shared/presenter/reading';
import type { Recipe } from '@shared/recipe';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import type { TrialView } from '@shared/run';

/** One upright axis: a parameter of a technique, or a number that was measured. */
export interface ParallelAxis {
  id: string;
  name: string;
  /** Names from below to above; absent on an axis of numbers. */
  categories?: string[];
  /** Which way is better, of a measured number. */
  better?: 'lower' | 'higher';
  /** Differences of less than this are noise: an axis that showed nothing else would make something of it. */
  leastSpan?: number;
}

/** One trial: a value for each axis, or null where it has none. */
export interface ParallelLine {
  trial: string;
  model: string;
  recipe: string;
  /** Of an axis with names, their numbers. */
  values: (number | null)[];
}

export interface ParallelLines {
  axes: ParallelAxis[];
  lines: ParallelLine[];
}

/** Recipes of the same techniques in the same order. */
export interface RecipeFamily {
  /** "prune.channels | quantize.static" */
  steps: string;
  recipes: number;
}

const stepsOf = (recipe: Recipe): string => formatRecipe(recipe.map(({ technique }) => ({ technique, params: {} })));

/** The families of a run with at least two recipes that differ in parameters, the largest first. */
export function recipeFamilies(trials: readonly Pick<TrialView, 'recipe' | 'recipeText'>[]): RecipeFamily[] {
  const families = new Map<string, Set<string>>();
  for (const { recipeText } of trials) {
    if (recipeText === '') continue;
    const steps = stepsOf(parseRecipe(recipeText));
    families.set(steps, (families.get(steps) ?? new Set()).add(recipeText));
  }
  return [...families]
    .map(([steps, texts]) => ({ steps, recipes: texts.size }))
    .filter(({ recipes }) => recipes > 1)
    .sort((a, b) => b.recipes - a.recipes || a.steps.localeCompare(b.steps));
}

const measured: readonly MetricId[] = ['size', 'ratio', 'top1'];
const leastSpans: Partial<Record<MetricId, number>> = { ratio: 0.04, top1: 2 };
const usual = 'default';

/**
 * The trials of a family as lines over the parameters in which it varies, and over what was measured; of all families (null), over their
 * steps in place of parameters.
 */
export function parallelLines(
  { run, read }: Pick<RunPresentation, 'run' | 'read'>,
  { family, models, target }: { family: string | null; models: readonly string[]; target: string },
): ParallelLines {
  const rows = run.trials
    .filter(({ model }) => models.includes(model))
    .map((trial) => ({ trial, recipe: trial.recipeText === '' ? [] : parseRecipe(trial.recipeText) }))
    .filter(({ recipe }) => family === null || stepsOf(recipe) === family);
  const columns =
    family === null
      ? [
          textColumn(
            'steps',
            'Steps',
            rows.map(({ recipe }) => stepsOf(recipe) || 'as it came'),
          ),
        ]
      : parameterColumns(rows.map(({ recipe }) => recipe));
  const outcomes = measured.map((id): ParallelAxis => {
    const { title, unit, better } = metrics[id];
    const leastSpan = leastSpans[id];
    return { id, name: `${title}, ${unit}`, better, ...(leastSpan !== undefined && { leastSpan }) };
  });
  return {
    axes: [...columns.map(({ axis }) => axis), ...outcomes],
    lines: rows.map(({ trial }, row) => ({
      trial: trial.id,
      model: trial.model,
      recipe: trial.recipe,
      values: [
        ...columns.map(({ values }) => values[row]!),
        ...measured.map((id) => read(id, trial, target)?.value ?? null),
      ],
    })),
  };
}

interface Column {
  axis: ParallelAxis;
  values: number[];
}

/** A column for each parameter of each step that has not the same value in all recipes. */
function parameterColumns(recipes: readonly Recipe[]): Column[] {
  const [first = []] = recipes;
  return first.flatMap(({ technique }, at) => {
    const names = [...new Set(recipes.flatMap((recipe) => Object.keys(recipe[at]!.params)))];
    return names.flatMap((name): Column[] => {
      const values = recipes.map((recipe) => recipe[at]!.params[name]);
      if (new Set(values.map((value) => JSON.stringify(value))).size < 2) return [];
      const id = `${at} ${name}`;
      const title = first.length > 1 ? `${technique} ${name}` : name;
      if (values.every((value) => typeof value === 'number')) return [{ axis: { id, name: title }, values }];
      return [textColumn(id, title, values.map(written))];
    });
  });
}

const written = (value: unknown): string => {
  if (value === undefined) return usual;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Names in an order that people expect: numbers by their size, then words. */
function textColumn(id: string, name: string, texts: readonly string[]): Column {
  const categories = [...new Set(texts)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { axis: { id, name, categories }, values: texts.map((text) => categories.indexOf(text)) };
}

/** Ranges that are marked on axes, by the axis's id; a line must lie in one of each axis that has any. */
export type AxisRanges = ReadonlyMap<string, readonly (readonly [number, number])[]>;

/** The trials whose lines lie in all marked ranges; null where nothing is marked. */
export function trialsWithin({ axes, lines }: ParallelLines, ranges: AxisRanges): ReadonlySet<string> | null {
  const marked = axes.flatMap(({ id }, at) => {
    const intervals = ranges.get(id) ?? [];
    return intervals.length > 0 ? [{ at, intervals }] : [];
  });
  if (marked.length === 0) return null;
  const isInside = ({ values }: ParallelLine): boolean =>
    marked.every(({ at, intervals }) => {
      const value = values[at];
      return typeof value === 'number' && intervals.some(([low, high]) => low <= value && value <= high);
    });
  return new Set(lines.filter(isInside).map(({ trial }) => trial));
}
