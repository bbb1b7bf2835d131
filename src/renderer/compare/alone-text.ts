import { sameRecipes } from '@shared/presenter/same-recipes';

/**
 * Trials without a partner, those of models with the same recipes together: "int8, fp16 (a, b); baseline (c)".
 * @param ids "model/recipe"
 */
export function aloneText(ids: readonly string[]): string {
  const recipesOf = new Map<string, string[]>();
  for (const id of ids) {
    const slash = id.indexOf('/');
    const model = id.slice(0, slash);
    recipesOf.set(model, [...(recipesOf.get(model) ?? []), id.slice(slash + 1)]);
  }
  return sameRecipes(recipesOf)
    .map(({ recipes, models }) => `${recipes.join(', ')} (${models.join(', ')})`)
    .join('; ');
}
