import { z } from 'zod';
import { trialMetricsSchema } from './metrics';
import { publishedResultSchema } from './published';
import { sweepFileSchema, targetSchema } from './sweep-file';
import { trainingRecordSchema } from './training-record';
import type { ErrorReport } from './errors';

export const machineSchema = z.object({
  id: z.string(),
  platform: z.string(),
  arch: z.string(),
  cpu: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  /** Instruction sets that change int8 results or speed: AVX2, AVX512F, AVX512_VNNI, AVX_VNNI, AMX_INT8, ASIMDDP, ... */
  isa: z.array(z.string()),
  governor: z.string().optional(),
});
export type Machine = z.infer<typeof machineSchema>;

const manifestSchema = z.object({
  whittle: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  /** Versions of the targets' runtimes by id; absent in runs of earlier versions. */
  runtimes: z.record(z.string(), z.string()).optional(),
  machine: machineSchema,
  /** Other machines that targets name, by their labels, with the versions of the targets' runtimes there; absent: they name none. */
  elsewhere: z
    .record(z.string(), z.object({ machine: machineSchema, runtimes: z.record(z.string(), z.string()) }))
    .optional(),
  sweepSha256: z.string(),
  seed: z.number().int(),
  dataset: z.object({
    path: z.string(),
    name: z.string(),
    fingerprint: z.string(),
    eval: z.number().int(),
    calibration: z.number().int(),
    /** Given for training; absent: none, and in runs of earlier versions. */
    train: z.number().int().optional(),
    skipped: z.number().int(),
  }),
  models: z.array(z.object({ name: z.string(), path: z.string(), sha256: z.string(), sizeBytes: z.number().int() })),
  targets: z.array(z.string()),
  /** Of targets that take integers alone: where the network in floats runs that their ratios are to. */
  baselineTargets: z.record(z.string(), z.string()).optional(),
  /** How the devices of targets were connected, where times depend on it: "super speed". */
  connections: z.record(z.string(), z.string()).optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const errorReportSchema = z.object({
  code: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number()]).optional()),
}) as unknown as z.ZodType<ErrorReport>;

export const trialStatuses = ['waiting', 'running', 'done', 'failed', 'interrupted', 'cancelled', 'skipped'] as const;
export type TrialStatus = (typeof trialStatuses)[number];

const stepViewSchema = z.object({
  kind: z.enum(['compress', 'convert', 'describe', 'evaluate', 'measure']),
  /** What the step does, in words: "quantize.static", "1,000 images", "ort-cpu x1". */
  title: z.string(),
  status: z.enum(['waiting', 'running', 'done', 'failed']),
  key: z.string(),
  /** Taken from an earlier computation. */
  cached: z.boolean(),
  elapsedMs: z.number().optional(),
  /** A training was stopped by hand, in this step or one that it follows from. */
  stopped: z.boolean().optional(),
});
export type StepView = z.infer<typeof stepViewSchema>;

export const trialViewSchema = z.object({
  id: z.string(),
  model: z.string(),
  recipe: z.string(),
  /** The recipe's steps as text: "prune.magnitude{amount:0.5} | quantize.static". Empty for the baseline. */
  recipeText: z.string(),
  /** The other trials of its model are compared with it. */
  isBaseline: z.boolean(),
  status: z.enum(trialStatuses),
  artifact: z.object({ sha256: z.string(), path: z.string(), sizeBytes: z.number().int() }).optional(),
  /** The artifact in the formats of runtimes that do not take ONNX, as far as these files are there; absent: none is. */
  deployed: z
    .array(z.object({ format: z.string(), sha256: z.string(), path: z.string(), sizeBytes: z.number().int() }))
    .optional(),
  /** Its file was removed to keep within the disk budget; its numbers stay, and it can be made again. */
  collected: z.boolean().optional(),
  /** Deployments that it has none of, by their names, and why. Absent: it has all that the targets ask for. */
  lacking: z.array(z.object({ deployment: z.string(), reason: errorReportSchema })).optional(),
  metrics: trialMetricsSchema,
  steps: z.array(stepViewSchema),
  /** What the techniques said of themselves: "masked weights stored sparsely". */
  notes: z.array(z.string()),
  /** How the steps that trained went, in their order. */
  training: z.array(trainingRecordSchema).max(100).optional(),
  /** Set when top-1 fell to guessing or by more than 20 points: what happened and the likely cause. */
  collapsed: z.string().optional(),
  /** What others published for this network and recipe; the closest comparison first. */
  published: z.array(publishedResultSchema).optional(),
  error: errorReportSchema.optional(),
  /** Somebody chose it. Its files are never collected. */
  starred: z.boolean().optional(),
  /** What somebody wrote beside it. */
  note: z.string().optional(),
});
export type TrialView = z.infer<typeof trialViewSchema>;

/** `queued`: it begins when those before it have ended. `stopped`: its time was up. */
export const runStatuses = [
  'queued',
  'running',
  'paused',
  'done',
  'failed',
  'cancelled',
  'interrupted',
  'stopped',
] as const;
export type RunStatus = (typeof runStatuses)[number];

export const runSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(runStatuses),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  /** Time under way, over all times it was resumed. */
  elapsedMs: z.number().default(0),
  trialsDone: z.number().int(),
  trialsFailed: z.number().int(),
  /** Those that somebody did not want. */
  trialsSkipped: z.number().int().optional(),
  trialsTotal: z.number().int(),
  trialsStarred: z.number().int().default(0),
  note: z.string().default(''),
  tags: z.array(z.string()).default([]),
  starred: z.boolean().default(false),
  /** Names in the order of the sweep: columns and rows of the matrix. */
  models: z.array(z.string()).default([]),
  recipes: z.array(z.string()).default([]),
  /** Every technique that a recipe names. */
  techniques: z.array(z.string()).default([]),
  /** Its name. */
  dataset: z.string().default(''),
  /** The processor it ran on. */
  machine: z.string().default(''),
  /** What is wrong with its record, which then tells no more than its name; absent: nothing. */
  damaged: z.string().optional(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

/** What people may change of a run. Tags are words, each once. */
export const runEditSchema = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  note: z.string().max(10_000).optional(),
  tags: z
    .array(z.string().trim().min(1).max(60))
    .max(50)
    .transform((tags) => [...new Set(tags)])
    .optional(),
  starred: z.boolean().optional(),
});
export type RunEdit = z.infer<typeof runEditSchema>;

/** Results that are there already are shown also where a target is named twice. */
export const recordedSweepSchema = sweepFileSchema.extend({ targets: z.array(targetSchema) });

/** One run with everything the matrix shows. */
export const runViewSchema = runSummarySchema.extend({
  sweep: recordedSweepSchema,
  models: z.array(z.string()),
  recipes: z.array(z.string()),
  /** The recipe that trials are compared with, where it is not the model as it came. */
  against: z.string().optional(),
  manifest: manifestSchema,
  trials: z.array(trialViewSchema),
});
export type RunView = z.infer<typeof runViewSchema>;

/** One shape of progress everywhere. */
export const progressSchema = z.object({
  stage: z.string(),
  done: z.number(),
  total: z.number(),
  elapsedMs: z.number(),
  /** Absent until it can be estimated. */
  remainingMs: z.number().optional(),
});
export type Progress = z.infer<typeof progressSchema>;

export const runProgressSchema = progressSchema.extend({
  run: z.string(),
  status: z.enum(runStatuses),
  /** Progress inside the step under way, 0..1. */
  stepFraction: z.number().optional(),
  /** A trial that the step under way belongs to. */
  trial: z.string().optional(),
  /** Trainings under way that can be stopped by hand: of each, the trials that it belongs to. Absent: none. */
  trainings: z.array(z.array(z.string())).optional(),
  /** What a paused run waits for to go on by itself; absent: for a person. */
  waitsFor: z.enum(['room on the disk']).optional(),
});
export type RunProgress = z.infer<typeof runProgressSchema>;
