import { z } from 'zod';

/** Parameters of techniques that may leave layers alone; see `nodesKept`. */
export const keptLayers = {
  exclude: z
    .array(z.string())
    .default([])
    .describe('Layers that keep their weights, by name; * stands for any characters'),
  keepFirst: z.boolean().default(false).describe('The first layer keeps its weights'),
  keepLast: z.boolean().default(false).describe('The last layer keeps its weights'),
};

/** The layers that these parameters leave as they are, in words. */
export function layersKept(choice: {
  exclude?: readonly string[];
  excludeTypes?: readonly string[];
  keepFirst?: boolean;
  keepLast?: boolean;
}): string[] {
  const { exclude = [], excludeTypes = [], keepFirst, keepLast } = choice;
  return [
    ...(keepFirst ? ['the first layer'] : []),
    ...(keepLast ? ['the last layer'] : []),
    ...[...exclude, ...excludeTypes].map((name) => `"${name}"`),
  ];
}
