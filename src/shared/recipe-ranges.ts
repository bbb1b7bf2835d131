import { AppError } from './errors';
import type { Recipe, TechniqueInfo } from './recipe';
import { formatValue } from './recipe-syntax';
import { isSpan, spanCount, spanValue } from './number-span';

/** More than this is no sweep that a person reads. */
export const maximumTrials = 1000;
const longestName = 200;

type Describes = Pick<TechniqueInfo, 'id' | 'paramsSchema'>;

interface ParameterSchema {
  type?: string;
  enum?: unknown[];
  anyOf?: ParameterSchema[];
}

/** A parameter of a recipe that takes several values, one after the other. */
interface Axis {
  step: number;
  parameter: string;
  count: number;
  valueAt(index: number): unknown;
}

/** A recipe with one value a parameter, and what tells it from the others of its range: "macs 0.9, bits 4"; '' where nothing does. */
export interface RecipeVariant {
  varied: string;
  recipe: Recipe;
}

/**
 * The recipes that a sweep runs. A parameter that takes one value may be given several: as a list, or as `{ from, to, step }` where it takes
 * numbers. A parameter that itself takes a list has a list of lists as its range. Each combination is a recipe, the last parameter changing
 * first, named after its values: "pruned macs 0.9". What is no known technique or parameter stays as it is, for `checkRecipe` to name.
 * @param models how many models each recipe is tried on
 * @throws `sweep.range`, `sweep.names`, `sweep.too-many`
 */
export function expandRecipes(
  recipes: Readonly<Record<string, Recipe>>,
  techniques: readonly Describes[],
  models: number,
): Record<string, Recipe> {
  const written = Object.entries(recipes).map(([name, recipe]) => ({
    name,
    recipe,
    axes: axesOf(recipe, techniques, name),
  }));
  checkCount(
    written.reduce((sum, { axes }) => sum + combinations(axes), 0),
    models,
  );
  const expanded = new Map<string, Recipe>();
  for (const { name, recipe, axes } of written) {
    for (const variant of variants(recipe, axes)) {
      const full = axes.length > 0 ? `${name} ${variant.varied}` : name;
      if (full.length > longestName)
        throw new AppError('sweep.names', { recipe: name, detail: `the name "${full.slice(0, 60)}…" is too long` });
      if (expanded.has(full))
        throw new AppError('sweep.names', { recipe: name, detail: `another one is called "${full}" too; rename one` });
      expanded.set(full, variant.recipe);
    }
  }
  return Object.fromEntries(expanded);
}

/** The recipes that one recipe with ranges stands for. @throws `sweep.range`, `sweep.too-many` */
export function recipeVariants(recipe: Recipe, techniques: readonly Describes[]): RecipeVariant[] {
  const axes = axesOf(recipe, techniques);
  checkCount(combinations(axes), 1);
  return variants(recipe, axes);
}

/** Whether a value of a parameter is a range of values rather than one. */
function isRange(value: unknown, schema: ParameterSchema): boolean {
  if (!Array.isArray(value)) return isSpan(value) && !accepts(schema, 'object');
  return !accepts(schema, 'array') || (value.length > 0 && value.every(Array.isArray));
}

function axesOf(recipe: Recipe, techniques: readonly Describes[], name?: string): Axis[] {
  return recipe.flatMap(({ technique: id, params }, step) => {
    const schema = techniques.find((technique) => technique.id === id)?.paramsSchema ?? {};
    const properties = (schema.properties ?? {}) as Record<string, ParameterSchema>;
    return Object.entries(params).flatMap(([parameter, value]): Axis[] => {
      const property = Object.hasOwn(properties, parameter) ? properties[parameter]! : undefined;
      if (!property || !isRange(value, property)) return [];
      const refuse = (detail: string): never => {
        throw new AppError('sweep.range', { recipe: name, id, detail: `"${parameter}" ${detail}` });
      };
      return [
        { step, parameter, ...(Array.isArray(value) ? listed(value, refuse) : spanned(value, property, refuse)) },
      ];
    });
  });
}

type Values = Pick<Axis, 'count' | 'valueAt'>;

function listed(values: readonly unknown[], refuse: (detail: string) => never): Values {
  if (values.length === 0) refuse('has an empty list');
  const texts = values.map(formatValue);
  const twice = texts.find((text, at) => texts.indexOf(text) < at);
  if (twice !== undefined) refuse(`lists ${twice} twice`);
  return { count: values.length, valueAt: (index) => values[index] };
}

function spanned(value: unknown, schema: ParameterSchema, refuse: (detail: string) => never): Values {
  if (!takesNumbers(schema)) refuse('takes no numbers, so it cannot go from one to another');
  const span = value as Record<string, unknown>;
  const other = Object.keys(span).find((key) => !['from', 'to', 'step'].includes(key));
  if (other !== undefined) refuse(`has a range with "${other}" in it`);
  const [from, to, step] = [span.from, span.to, span.step].map((number, at) =>
    typeof number === 'number' && Number.isFinite(number)
      ? number
      : refuse(`has a range whose "${['from', 'to', 'step'][at]}" is no number`),
  ) as [number, number, number];
  const shown = `from ${from} to ${to} in steps of ${step}`;
  const count = spanCount({ from, to, step });
  if (count === undefined) refuse(`has a range with more digits than can be counted (${shown})`);
  if (count <= 0) refuse(`has an empty range (${shown})`);
  return { count, valueAt: (index) => spanValue({ from, to, step }, index) };
}

function variants(recipe: Recipe, axes: readonly Axis[]): RecipeVariant[] {
  const labels = axes.map(({ step, parameter }) =>
    axes.filter((other) => other.parameter === parameter).length > 1 ? `step ${step + 1} ${parameter}` : parameter,
  );
  return Array.from({ length: combinations(axes) }, (_, index) => {
    const steps = recipe.map(({ technique, params }) => ({ technique, params: { ...params } }));
    const words: string[] = [];
    let rest = index;
    for (let at = axes.length - 1; at >= 0; at--) {
      const { step, parameter, count, valueAt } = axes[at]!;
      const value = valueAt(rest % count);
      rest = Math.floor(rest / count);
      steps[step]!.params[parameter] = value;
      words.unshift(`${labels[at]} ${typeof value === 'string' ? value : formatValue(value)}`);
    }
    return { varied: words.join(', '), recipe: steps };
  });
}

const combinations = (axes: readonly Axis[]): number => axes.reduce((product, { count }) => product * count, 1);

function checkCount(recipes: number, models: number): void {
  if (recipes * models <= maximumTrials) return;
  const text = (count: number): string => count.toLocaleString('en');
  throw new AppError('sweep.too-many', {
    trials: text(recipes * models),
    models: text(models),
    recipes: text(recipes),
    limit: text(maximumTrials),
  });
}

function accepts({ type, anyOf = [] }: ParameterSchema, wanted: string): boolean {
  return type === wanted || anyOf.some((schema) => accepts(schema, wanted));
}

function takesNumbers(schema: ParameterSchema): boolean {
  const { enum: listedValues, anyOf = [] } = schema;
  if (listedValues) return listedValues.every((value) => typeof value === 'number');
  return accepts(schema, 'number') || accepts(schema, 'integer') || anyOf.some(takesNumbers);
}
