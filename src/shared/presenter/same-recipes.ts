/** Recipes, and the models that have just these. */
export interface SameRecipes {
  recipes: readonly string[];
  models: string[];
}

/** Models with the same recipes together, in the order of the first of each. */
export function sameRecipes(recipesOf: Iterable<readonly [model: string, recipes: readonly string[]]>): SameRecipes[] {
  const found = new Map<string, SameRecipes>();
  for (const [model, recipes] of recipesOf) {
    const key = recipes.join(', ');
    const same = found.get(key) ?? { recipes, models: [] };
    same.models.push(model);
    found.set(key, same);
  }
  return [...found.values()];
}
