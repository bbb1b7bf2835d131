import { z } from 'zod';

/** One step of a recipe: a technique id with parameters (defaults not yet filled in). */
export interface RecipeStep {
  technique: string;
  params: Record<string, unknown>;
}
export type Recipe = RecipeStep[];

const stepForm = 'a step is one technique, or { technique: { parameter: value } }';

/** In YAML a step is `quantize.static` or `{ prune.magnitude: { amount: 0.5 } }`. */
const recipeStepSchema = z.union(
  [
    z
      .string()
      .min(1)
      .transform((technique): RecipeStep => ({ technique, params: {} })),
    z.strictObject({ technique: z.string().min(1), params: z.record(z.string(), z.unknown()).default({}) }),
    z
      .record(z.string(), z.record(z.string(), z.unknown()).nullable())
      .refine((step) => Object.keys(step).length === 1, stepForm)
      .transform((step): RecipeStep => {
        const [technique, params] = Object.entries(step)[0]!;
        return { technique, params: params ?? {} };
      }),
  ],
  stepForm,
);
export const recipeSchema = z.array(recipeStepSchema).max(16);

/** What the registry tells of a technique; the form, the help and the docs are made from `paramsSchema`. */
export interface TechniqueInfo {
  id: string;
  title: string;
  summary: string;
  family: 'precision' | 'quantization' | 'pruning' | 'clustering' | 'binarization' | 'distillation' | 'dynamic';
  needs: ('calibration' | 'train')[];
  version: number;
  /** JSON Schema (draft 2020-12) of the parameters, made from the zod schema. */
  paramsSchema: Record<string, unknown>;
}
