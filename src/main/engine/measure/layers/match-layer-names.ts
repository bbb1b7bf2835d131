import type { LayerComparison, LayerFacts } from '@shared/layers';

/**
 * Layers of two files by their names, in the order of the first; what only the second has comes after the layer it follows there.
 */
export function matchByName(
  before: readonly { name: string; facts: LayerFacts }[],
  after: readonly { name: string; facts: LayerFacts; error?: number }[],
): LayerComparison[] {
  const found = new Map(after.map((layer) => [layer.name, layer]));
  const rows: LayerComparison[] = before.map(({ name, facts }) => {
    const match = found.get(name);
    return { name, before: facts, after: match?.facts, error: match?.error };
  });
  const known = new Set(before.map(({ name }) => name));
  let place = 0;
  for (const { name, facts, error } of after) {
    if (known.has(name)) place = rows.findIndex((row) => row.name === name) + 1;
    else rows.splice(place++, 0, { name, after: facts, error });
  }
  return rows;
}
