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
  const modelsOf = new Map<string, string[]>();
  for (const [model, recipes] of recipesOf) {
    const key = recipes.join(', ');
    modelsOf.set(key, [...(modelsOf.get(key) ?? []), model]);
  }
  return [...modelsOf].map(([recipes, models]) => `${recipes} (${models.join(', ')})`).join('; ');
}
