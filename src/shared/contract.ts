import { z } from 'zod';
import type { ChannelMap } from './channel-groups';
import { datasetSpecSchema, type DatasetSummary } from './dataset';
import { preprocessSchema, type ModelCard, type ModelSummary, type Preprocess } from './model-card';
import type { LayerReport } from './layers';
import { reportViewSchema } from './presenter/report-view';
import type { TechniqueInfo } from './recipe';
import {
  progressSchema,
  runProgressSchema,
  runSummarySchema,
  runViewSchema,
  trialViewSchema,
  type Machine,
} from './run';
import { sensitivityRequestSchema, type SensitivityReport } from './sensitivity';
import { sweepFileSchema } from './sweep-file';

/**
 * The contracts between processes. Three kinds only: an *rpc* asks and gets an answer; a *job* also sends typed
 * progress and can be cancelled; a *signal* announces state. Types of client and server are inferred from here, and a
 * server that lacks a handler does not start.
 */
export interface RpcEndpoint<I extends z.ZodType = z.ZodType, O = unknown> {
  kind: 'rpc';
  input: I;
  output: z.ZodType<O>;
}
export interface JobEndpoint<I extends z.ZodType = z.ZodType, O = unknown> {
  kind: 'job';
  input: I;
  progress: typeof progressSchema;
  output: z.ZodType<O>;
}
export interface SignalEndpoint<S = unknown> {
  kind: 'signal';
  state: z.ZodType<S>;
}
export type Endpoint = RpcEndpoint | JobEndpoint | SignalEndpoint;

const rpc = <I extends z.ZodType, O>(input: I, output: z.ZodType<O>): RpcEndpoint<I, O> => ({
  kind: 'rpc',
  input,
  output,
});
const job = <I extends z.ZodType, O>(input: I, output: z.ZodType<O>): JobEndpoint<I, O> => ({
  kind: 'job',
  input,
  progress: progressSchema,
  output,
});
const signal = <S>(state: z.ZodType<S>): SignalEndpoint<S> => ({ kind: 'signal', state });
/** A result whose type is declared here and whose shape the sender owns (engine to window, both ours). */
const typed = <T>(): z.ZodType<T> => z.custom<T>((value) => value !== undefined);
const nothing = z.void();

const runRef = z.strictObject({ run: z.string().min(1).max(200) });
/** A run as it is shown: compared with the networks as they came, or with one of its recipes. */
const shownRun = z.strictObject({ run: z.string().min(1).max(200), against: z.string().max(200).optional() });

export interface SweepPlan {
  trials: number;
  steps: number;
  /** Steps whose result is in the store already. */
  cachedSteps: number;
  /** Sentences the person should read before starting. */
  warnings: string[];
}

/** A runtime that a target may name. */
export interface RuntimeInfo {
  id: string;
  title: string;
  /** The file format it takes. */
  format: string;
  maximumThreads?: number;
  /** Absent where it cannot be used; then `problem` says why and what to do. */
  version?: string;
  problem?: string;
  /** The default first. */
  devices: { id: string; title: string; problem?: string }[];
}

export interface EngineInfo {
  version: string;
  onnxruntime: string;
  node: string;
  machine: Machine;
  workspace: string;
  modelFolder: string;
  runtimes: RuntimeInfo[];
  /** The sample sweep on the embedded starter pack. */
  starterSweep: z.input<typeof sweepFileSchema>;
}

export interface LayerInfo {
  name: string;
  op: string;
  outputShape: (number | string)[];
  params: number;
  macs: number;
}
export interface ValueInfo {
  name: string;
  shape: (number | string)[];
  type: string;
}
/** What the graph of a classifier tells a card. */
export interface ClassifierFacts {
  layout: ModelCard['input']['layout'];
  channels: 1 | 3;
  /** Absent where the network takes any size. */
  height?: number;
  width?: number;
  type: NonNullable<ModelCard['input']['type']>;
  classes: number;
  score?: ModelCard['output']['score'];
}
/** How well the network does with one way of preprocessing. */
export interface TriedPreprocess {
  /** A key of `preprocessPresets`. */
  preset: string;
  channels: 'RGB' | 'BGR' | 'gray';
  preprocess: Preprocess;
  /** Percent of the images. */
  top1: number;
}
export interface PreprocessTrial {
  /** Labelled images that were tried, none of them of the evaluation split. */
  images: number;
  /** Best first. */
  tried: TriedPreprocess[];
}
export interface ModelInspection {
  path: string;
  /** Over all files of the model. */
  sha256: string;
  /** Of all files of the model. */
  sizeBytes: number;
  /** Where the model consists of several: their names, the .onnx first. */
  files: string[];
  opset: number;
  producer: string;
  /** The first input. */
  input: ValueInfo;
  /** The class scores; in a network that is no classifier, the first output. */
  output: ValueInfo;
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  /** How the network classifies images, or why it is not taken for a classifier. */
  classifier: ClassifierFacts | { problem: string };
  params: number;
  nonZeroParams: number;
  macs: number;
  operators: Record<string, number>;
  layers: LayerInfo[];
  card?: z.infer<typeof preprocessSchema>;
}

export interface Settings {
  modelFolder: string;
  /** Remembered choices of the window (metrics, columns, sorting); opaque to the engine. */
  view: Record<string, unknown>;
}

export const engineContract = {
  'engine.info': rpc(nothing, typed<EngineInfo>()),
  'settings.get': rpc(nothing, typed<Settings>()),
  'settings.set': rpc(
    z.strictObject({
      modelFolder: z.string().max(4096).optional(),
      view: z.record(z.string(), z.unknown()).optional(),
    }),
    typed<Settings>(),
  ),
  'techniques.list': rpc(nothing, typed<TechniqueInfo[]>()),
  /** Checks one recipe step chain; the answer is undefined or the sentence to show beside the form. */
  'recipes.check': rpc(z.strictObject({ recipe: z.unknown() }), typed<{ problem?: string; text?: string }>()),
  'models.list': rpc(
    z.strictObject({ folder: z.string().max(4096).optional() }),
    typed<{ models: ModelSummary[]; problems: string[] }>(),
  ),
  'models.inspect': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), typed<ModelInspection>()),
  /** Which channels of a network can only be removed together. */
  'models.channels': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), typed<ChannelMap>()),
  /** Writes NAME.card.json beside a model that has none, from what the person chose. */
  'models.describe': rpc(
    z.strictObject({
      path: z.string().min(1).max(4096),
      preprocess: preprocessSchema,
      labels: z.string().max(200).optional(),
      channels: z.enum(['RGB', 'BGR', 'gray']).optional(),
      /** The output that holds the class scores, where there are several. */
      output: z.string().max(1000).optional(),
    }),
    typed<ModelSummary>(),
  ),
  /** Feeds a few labelled images to a network without a card in every usual way: evidence for the person who chooses one. */
  'models.tryPreprocess': job(
    z.strictObject({ path: z.string().min(1).max(4096), dataset: datasetSpecSchema }),
    typed<PreprocessTrial>(),
  ),
  'datasets.inspect': job(datasetSpecSchema, typed<DatasetSummary>()),
  /** Each layer compressed alone: what that does to the output on calibration images. Asked again, it is answered from the cache. */
  'sensitivity.measure': job(sensitivityRequestSchema, typed<SensitivityReport>()),
  'sweeps.plan': rpc(sweepFileSchema, typed<SweepPlan>()),
  'sweeps.parse': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), typed<z.infer<typeof sweepFileSchema>>()),
  'sweeps.start': rpc(sweepFileSchema, runSummarySchema),
  'runs.list': rpc(nothing, z.array(runSummarySchema)),
  'runs.get': rpc(shownRun, runViewSchema),
  'runs.pause': rpc(runRef, nothing),
  'runs.continue': rpc(runRef, nothing),
  'runs.cancel': rpc(runRef, nothing),
  /** Runs the unfinished and failed trials of an ended run again. */
  'runs.resume': rpc(runRef, nothing),
  /** Measures again what other work disturbed, or the given trials; answers how many measurements. */
  'runs.remeasure': rpc(
    runRef.extend({ trials: z.array(z.string().max(400)).max(10_000).optional() }),
    z.strictObject({ measurements: z.number().int() }),
  ),
  'runs.log': rpc(z.strictObject({ run: z.string().max(200), trial: z.string().max(200) }), z.array(z.string())),
  'runs.export': rpc(
    shownRun.extend({
      format: z.enum(['csv', 'json', 'html']),
      view: reportViewSchema.optional(),
      path: z.string().min(1).max(4096),
    }),
    z.strictObject({ path: z.string() }),
  ),
  /** The run as a self-contained HTML page, for printing. */
  'runs.html': rpc(shownRun.extend({ view: reportViewSchema.optional() }), z.string()),
  /** Copies a trial's artifact (and its card) to a path the person chose. */
  'runs.saveArtifact': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(200), path: z.string().min(1).max(4096) }),
    z.strictObject({ path: z.string() }),
  ),
  /** The layers of a finished trial beside those of its network; computed when first asked for, then kept. */
  'trials.layers': job(
    z.strictObject({ run: z.string().min(1).max(200), trial: z.string().min(1).max(200) }),
    typed<LayerReport>(),
  ),
  /** The run under way, or null. */
  'run.progress': signal(runProgressSchema.nullable()),
  /** The trial that changed last. */
  'run.trial': signal(z.object({ run: z.string(), trial: trialViewSchema }).nullable()),
} satisfies Record<string, Endpoint>;
export type EngineContract = typeof engineContract;

/** What the main process does itself for the window. Paths come from dialogs, so the window never invents one. */
export const shellContract = {
  'shell.chooseModels': rpc(nothing, z.array(z.string())),
  'shell.chooseFolder': rpc(z.strictObject({ title: z.string().max(200) }), z.string().nullable()),
  'shell.chooseSweep': rpc(nothing, z.string().nullable()),
  'shell.exportRun': rpc(
    shownRun.extend({
      format: z.enum(['csv', 'json', 'pdf']),
      /** What the window shows; pages for people follow it. */
      view: reportViewSchema.optional(),
      suggestedName: z.string().max(200),
    }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  'shell.saveArtifact': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(200), suggestedName: z.string().max(200) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  'shell.reveal': rpc(z.strictObject({ run: z.string().max(200), trial: z.string().max(200) }), nothing),
  /** Whether the engine answers; the window shows a quiet banner while it restarts. */
  'shell.engine': signal(
    z.object({ state: z.enum(['starting', 'ready', 'restarting', 'failed']), detail: z.string().optional() }),
  ),
  /** A menu item or shortcut asks the window to do something. */
  'shell.command': signal(
    z.object({ command: z.enum(['show-sweep', 'show-matrix', 'export-csv', 'export-pdf', 'none']), count: z.number() }),
  ),
} satisfies Record<string, Endpoint>;
export type ShellContract = typeof shellContract;

export const windowContract = { ...engineContract, ...shellContract };
export type WindowContract = typeof windowContract;

export type RpcName<C> = { [K in keyof C]: C[K] extends { kind: 'rpc' } ? K : never }[keyof C] & string;
export type JobName<C> = { [K in keyof C]: C[K] extends { kind: 'job' } ? K : never }[keyof C] & string;
export type SignalName<C> = { [K in keyof C]: C[K] extends { kind: 'signal' } ? K : never }[keyof C] & string;
export type InputOf<E> = E extends { input: infer I extends z.ZodType } ? z.input<I> : never;
export type ParsedInputOf<E> = E extends { input: infer I extends z.ZodType } ? z.infer<I> : never;
export type OutputOf<E> = E extends { output: z.ZodType<infer O> } ? O : never;
export type StateOf<E> = E extends { state: z.ZodType<infer S> } ? S : never;

/** What the preload script exposes as `window.whittle`. Nothing else crosses. */
export interface WindowBridge {
  call(
    name: string,
    input: unknown,
  ): Promise<
    | { ok: true; value: unknown }
    | { ok: false; error: { code: string; facts: Record<string, string | number | undefined> } }
  >;
  startJob(
    name: string,
    input: unknown,
    id: string,
  ): Promise<
    | { ok: true; value: unknown }
    | { ok: false; error: { code: string; facts: Record<string, string | number | undefined> } }
  >;
  cancelJob(id: string): void;
  onProgress(listener: (id: string, progress: unknown) => void): () => void;
  onSignal(listener: (name: string, state: unknown) => void): () => void;
  /** The path of a file dropped on the window. */
  pathOf(file: File): string;
  platform: string;
}
