import { z } from 'zod';
import { datasetSpecSchema } from './dataset';
import { recipeSchema } from './recipe';
import { searchSpecSchema } from './search';

/** Options of a runtime or a format by name. */
export const optionsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export const targetSchema = z.strictObject({
  runtime: z.string().min(1),
  /** One of the runtime's devices; absent: its first. */
  device: z.string().min(1).max(200).optional(),
  /** Label of the machines that it is on; absent: it is on the one that runs the sweep. */
  on: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'give a label of up to 40 small letters, digits and hyphens, as in pi4')
    .optional(),
  threads: z.number().int().min(1).max(256).default(1),
  /** Options of the runtime, checked by its own schema. */
  options: optionsSchema.optional(),
});
export type Target = z.infer<typeof targetSchema>;

/** What answers are computed on where a sweep names no target. */
export const defaultTarget: Target = { runtime: 'ort-cpu', threads: 1 };

/**
 * What of a target decides which file is run by what: "openvino {precision:default}". Targets that differ in threads alone share it, and with
 * it their answers.
 */
export function deploymentName({ runtime, device, options = {} }: Omit<Target, 'threads'>): string {
  return [runtime, ...(device === undefined ? [] : [device]), ...optionsText(options)].join(' ');
}

/** "ort-cpu x1", as people write a target; what differs from the runtime's defaults follows: "edgetpu usb:0 x1 {performance:max}". */
export function targetName({ runtime, device, threads, options = {} }: Target): string {
  return [runtime, ...(device === undefined ? [] : [device]), `x${threads}`, ...optionsText(options)].join(' ');
}

function optionsText(options: NonNullable<Target['options']>): string[] {
  const given = Object.entries(options).map(([name, value]) => `${name}:${value}`);
  return given.length > 0 ? [`{${given.join(', ')}}`] : [];
}

/** Whether two targets are the same one. */
export function hasTwice(targets: readonly Target[]): boolean {
  return new Set(targets.map(targetName)).size < targets.length;
}

/** Differences within these are of no consequence to the person, however well they are known. */
export const indifferenceSchema = z.strictObject({
  /** Share of the baseline's time: 0.01 is 1 %. */
  time: z.number().min(0).max(1).default(0.01),
  /** Percentage points of top-1. */
  top1: z.number().min(0).max(100).default(0),
});
export type Indifference = z.infer<typeof indifferenceSchema>;

/** `brief`: enough to rank, for what will be measured again. */
export const latencyModes = ['brief', 'quick', 'rigorous'] as const;
export type LatencyMode = (typeof latencyModes)[number];

/** What one step may take; one that takes more fails its trials, and the others go on. */
const limitsSchema = z.strictObject({
  /** Resident memory of its processes together. */
  stepMemoryMB: z.number().int().min(128).max(16_000_000).optional(),
  stepMinutes: z
    .number()
    .positive()
    .max(7 * 24 * 60)
    .optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

/** The sweep file: models x recipes x targets on one dataset. */
export const sweepFileSchema = z.strictObject({
  name: z.string().min(1).max(200).default('sweep'),
  models: z.array(z.string().min(1)).min(1).max(100),
  dataset: datasetSpecSchema,
  targets: z
    .array(targetSchema)
    .max(16)
    .refine((targets) => !hasTwice(targets), 'name each target once')
    .default([defaultTarget]),
  /** Formats that files are written in, with what is asked of each: { tflite: { input: uint8 } }. What targets run is written anyway. */
  deploy: z.record(z.string().min(1).max(40), optionsSchema).optional(),
  recipes: z
    .record(z.string().min(1).max(200), recipeSchema)
    .refine((recipes) => Object.keys(recipes).length > 0, 'name at least one recipe'),
  /** Beside the recipes: chains are searched for each model. */
  search: searchSpecSchema.optional(),
  latency: z.enum(latencyModes).default('quick'),
  indifference: indifferenceSchema.prefault({}),
  seed: z.number().int().min(0).default(1),
  limits: limitsSchema.optional(),
  /** Time of day, as in 07:00, at which the run ends with what is there. */
  until: z
    .string()
    .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'give a time of day, as in "07:00"')
    .optional(),
  /** Rest before each measurement of latency, for machines that slow down when they are hot. */
  coolDownSeconds: z.number().min(0).max(3600).optional(),
});
export type SweepFile = z.infer<typeof sweepFileSchema>;
