import { z } from 'zod';
import { datasetSpecSchema } from './dataset';
import { recipeSchema } from './recipe';

export const targetSchema = z.strictObject({
  runtime: z.string().min(1),
  threads: z.number().int().min(1).max(256).default(1),
});
export type Target = z.infer<typeof targetSchema>;

/** "ort-cpu x1", as people write a target. */
export function targetName(target: Target): string {
  return `${target.runtime} x${target.threads}`;
}

export const latencyModes = ['quick', 'rigorous'] as const;
export type LatencyMode = (typeof latencyModes)[number];

/** The sweep file: models x recipes x targets on one dataset. */
export const sweepFileSchema = z.strictObject({
  name: z.string().min(1).max(200).default('sweep'),
  models: z.array(z.string().min(1)).min(1).max(100),
  dataset: datasetSpecSchema,
  targets: z
    .array(targetSchema)
    .max(16)
    .default([{ runtime: 'ort-cpu', threads: 1 }]),
  recipes: z
    .record(z.string().min(1).max(200), recipeSchema)
    .refine((recipes) => Object.keys(recipes).length > 0, 'name at least one recipe'),
  latency: z.enum(latencyModes).default('quick'),
  seed: z.number().int().min(0).default(1),
});
export type SweepFile = z.infer<typeof sweepFileSchema>;
