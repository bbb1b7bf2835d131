import type { Recipe, RecipeStep } from '@shared/recipe';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';

/** The steps of a recipe in the order in which they tell it from its neighbours. */
export interface RecipeLabel {
  /** "bits:4": the parameters that differ among the recipes of the same techniques; empty where there is no other. */
  differs: string;
  /** "quantize.weights": the steps without them. */
  rest: string;
}

type Varying = ReadonlySet<string>;

const techniquesOf = (recipe: Recipe): string => recipe.map(({ technique }) => technique).join(' | ');
const written = (step: RecipeStep, name: string): string => {
  const value = step.params[name];
  return value === undefined
    ? `${name}:default`
    : formatRecipe([{ technique: 'x', params: { [name]: value } }]).slice(2, -1);
};

/** Names of the parameters of step `at` that have not the same value in the whole family. */
function varyingOf(family: readonly Recipe[], at: number): Varying {
  const steps = family.map((recipe) => recipe[at]!);
  const names = new Set(steps.flatMap(({ params }) => Object.keys(params)));
  return new Set([...names].filter((name) => new Set(steps.map((step) => written(step, name))).size > 1));
}

function labelOf(recipe: Recipe, varying: readonly Varying[]): RecipeLabel {
  const named = varying.flatMap((names) => [...names]);
  const differs = recipe.flatMap((step, at) =>
    [...varying[at]!].map((name) => {
      const isAmbiguous = named.filter((other) => other === name).length > 1;
      return `${isAmbiguous ? `${step.technique} ` : ''}${written(step, name)}`;
    }),
  );
  const rest = recipe.map(({ technique, params }, at) => ({
    technique,
    params: Object.fromEntries(Object.entries(params).filter(([name]) => !varying[at]!.has(name))),
  }));
  return { differs: differs.join(', '), rest: formatRecipe(rest) };
}

/**
 * What tells recipes of one run apart, by their texts. Recipes of the same techniques in the same order are a family: a column of
 * them is read by the few parameters in which they differ, which else stand last and are cut first.
 */
export function recipeLabels(texts: readonly string[]): Map<string, RecipeLabel> {
  const recipes = new Map(texts.map((text) => [text, parseRecipe(text)]));
  return new Map(
    [...recipes].map(([text, recipe]) => {
      const family = [...recipes.values()].filter((other) => techniquesOf(other) === techniquesOf(recipe));
      return [
        text,
        labelOf(
          recipe,
          recipe.map((_, at) => varyingOf(family, at)),
        ),
      ];
    }),
  );
}
