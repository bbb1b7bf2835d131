import { z } from 'zod';

/** Parameters of techniques that may leave layers alone; see `excludedNodes`. */
export const keptLayers = {
  exclude: z
    .array(z.string())
    .default([])
    .describe('Layers that keep their weights, by name; * stands for any characters'),
  keepFirst: z.boolean().default(false).describe('The first layer keeps its weights'),
  keepLast: z.boolean().default(false).describe('The last layer keeps its weights'),
};
