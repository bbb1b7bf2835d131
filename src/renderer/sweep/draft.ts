import { z } from 'zod';
import { datasetSpecSchema, usualCalibrationImages } from '@shared/dataset';
import {
  defaultTarget,
  indifferenceSchema,
  latencyModes,
  optionsSchema,
  sweepFileSchema,
  targetSchema,
  type SweepFile,
} from '@shared/sweep-file';

/** The recipe every sweep has: the network as it is. */
export const baselineName = 'baseline';

/** A number as typed, which may be none yet (NaN, stored as null) or out of range: `gapsOf` says so, reading it back keeps it. */
const typed = (fallback: number): z.ZodType<number> => z.number().catch(fallback);

/** What was typed as a number and is none is stored as null: by itself it is not read back, in a list or a span it is none again. */
const readBack = (params: unknown): unknown =>
  isGroup(params)
    ? Object.fromEntries(
        Object.entries(params)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => [name, withoutNull(value)]),
      )
    : params;
const withoutNull = (value: unknown): unknown => {
  if (value === null) return NaN;
  if (Array.isArray(value)) return value.map(withoutNull);
  return isGroup(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutNull(each)]))
    : value;
};
const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const paramsSchema = z.preprocess(readBack, z.record(z.string(), z.unknown()));
const typedOptions = z.preprocess(readBack, optionsSchema);

const stepSchema = z.object({ id: z.string(), technique: z.string(), params: paramsSchema });
const recipeSchema = z.object({ id: z.string(), name: z.string(), steps: z.array(stepSchema) });

/** A sweep being written: like the file, but it may be incomplete, and recipes and steps keep an identity while edited. */
const draftSchema = z.object({
  name: z.string(),
  /** How the sweep refers to each network: a name of the model folder, or a path. */
  models: z.array(z.string()),
  dataset: datasetSpecSchema.extend({
    path: z.string(),
    eval: typed(0),
    calibration: typed(usualCalibrationImages),
    train: typed(0),
    seed: typed(1),
  }),
  /** None: nothing is timed. */
  targets: z.array(targetSchema.extend({ threads: typed(1), options: typedOptions.optional() })),
  deploy: z.record(z.string(), typedOptions).optional(),
  /** Without the baseline, which is always there. */
  recipes: z.array(recipeSchema),
  latency: z.enum(latencyModes),
  indifference: indifferenceSchema.prefault({}),
  seed: z.number().int().min(0),
  // Of a file that was opened; kept as they are.
  ...sweepFileSchema.pick({ search: true, limits: true, until: true, coolDownSeconds: true }).shape,
});
export type SweepDraft = z.infer<typeof draftSchema>;
export type DraftRecipe = z.infer<typeof recipeSchema>;
export type DraftStep = z.infer<typeof stepSchema>;

/** A sweep file that may still lack its models and its dataset, as a template does. */
const unfinishedSweepSchema = sweepFileSchema.extend({
  models: z.array(z.string()),
  dataset: datasetSpecSchema.extend({ path: z.string() }),
});
export type UnfinishedSweep = z.input<typeof unfinishedSweepSchema>;

const identity = (): string => crypto.randomUUID();

export function emptyDraft(): SweepDraft {
  return {
    name: 'sweep',
    models: [],
    dataset: { path: '', eval: 0, calibration: usualCalibrationImages, train: 0, seed: 1 },
    targets: [{ ...defaultTarget }],
    recipes: [],
    latency: 'quick',
    indifference: indifferenceSchema.parse({}),
    seed: 1,
  };
}

/** A copy of plain data that shares nothing with it, also of what a view watches: structuredClone refuses that. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each as unknown)])) as T;
}

export function draftStep(technique: string, params: Record<string, unknown> = {}): DraftStep {
  return { id: identity(), technique, params: copyOf(params) };
}

export function draftRecipe(
  name: string,
  steps: readonly { technique: string; params: Record<string, unknown> }[],
): DraftRecipe {
  return { id: identity(), name, steps: steps.map((step) => draftStep(step.technique, step.params)) };
}

/** A sweep file, with or without its defaults, as a draft. The baseline is left out: it is always there. */
export function draftFromSweep(sweep: UnfinishedSweep): SweepDraft {
  const { recipes, targets, ...rest } = unfinishedSweepSchema.parse(sweep);
  const named = Object.entries(recipes).filter(([, steps]) => steps.length > 0);
  return {
    ...rest,
    // Copies: a default of the schema is one object for all.
    targets: copyOf(targets),
    recipes: named.map(([name, steps]) => draftRecipe(name, steps)),
  };
}

/** The sweep file of a draft. It need not be valid yet: see `gapsOf`. */
export function sweepFromDraft(draft: SweepDraft): SweepFile {
  const { recipes, name, ...rest } = draft;
  const named = recipes.map(
    ({ name: key, steps }) => [key, steps.map(({ technique, params }) => ({ technique, params }))] as const,
  );
  return { name: name.trim() || 'sweep', ...rest, recipes: Object.fromEntries([[baselineName, []], ...named]) };
}

/** Reads a stored draft; undefined when it is not one (another version, damaged). */
export function readDraft(stored: string | null): SweepDraft | undefined {
  if (!stored) return undefined;
  try {
    return draftSchema.safeParse(JSON.parse(stored)).data;
  } catch {
    return undefined;
  }
}
