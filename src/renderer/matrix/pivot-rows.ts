import { roleOf, type ShownRow } from './shown-row';

/** The matrix turned round: a row for each network, with a group for each recipe in the order of its row. */
export function pivoted(rows: readonly ShownRow[], models: readonly string[]): ShownRow[] {
  return models.map((model, at) => ({
    recipe: model,
    recipeText: '',
    differs: '',
    rest: '',
    isBaseline: false,
    isPinned: false,
    isNetwork: true,
    groups: rows.map((row) => ({ ...row.groups[at]!, model: row.recipe, role: roleOf(row) })),
  }));
}
