import { z } from 'zod';
import type { ChannelMap } from './channel-groups';
import { datasetSpecSchema, datasetSummarySchema } from './dataset';
import { channelOrderSchema, modelSummarySchema, preprocessSchema, sideSchema, type ModelCard } from './model-card';
import { exportFormatIds } from './export-formats';
import type { LayerReport } from './layers';
import { papers } from './presenter/paper';
import { reportViewSchema } from './presenter/report-view';
import type { RunComparison } from './run-comparison';
import type { TechniqueInfo } from './recipe';
import {
  machineSchema,
  progressSchema,
  recordedSweepSchema,
  runEditSchema,
  runProgressSchema,
  runSummarySchema,
  runViewSchema,
  trialViewSchema,
} from './run';
import { sensitivityRequestSchema, type SensitivityReport } from './sensitivity';
import { settingsChangeSchema, settingsSchema, themeSchema } from './settings';
import { collectionSchema, storageUseSchema } from './storage';
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
/** A large result whose type is declared here and whose shape the sender owns; what is small has a schema, which its receiver checks. */
const typed = <T>(): z.ZodType<T> => z.custom<T>((value) => value !== undefined);
const nothing = z.void();

const runRef = z.strictObject({ run: z.string().min(1).max(200) });
const trialRef = runRef.extend({ trial: z.string().min(1).max(400) });
/** A run as it is shown: compared with the models as they came, or with one of its recipes. */
const shownRun = z.strictObject({ run: z.string().min(1).max(200), against: z.string().max(200).optional() });
const comparedRuns = z.strictObject({
  reference: z.string().min(1).max(200),
  candidate: z.string().min(1).max(200),
  recipes: z.strictObject({ reference: z.string().max(200), candidate: z.string().max(200) }).optional(),
});
/** As `comparedRuns`, the reference a run of another folder of results. */
const comparedResults = comparedRuns.extend({ folder: z.string().min(1).max(4096) });

const sweepPlanSchema = z.object({
  trials: z.number().int(),
  steps: z.number().int(),
  /** Steps whose result is in the store already. */
  cachedSteps: z.number().int(),
  /** Sentences the person should read before starting. */
  warnings: z.array(z.string()),
});
export type SweepPlan = z.infer<typeof sweepPlanSchema>;

/** A runtime that a target may name. */
const runtimeInfoSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** The file format it takes. */
  format: z.string(),
  maximumThreads: z.number().int().optional(),
  /** Absent where it cannot be used; then `problem` says why and what to do. */
  version: z.string().optional(),
  problem: z.string().optional(),
  /** The default first. */
  devices: z.array(z.object({ id: z.string(), title: z.string(), problem: z.string().optional() })),
});
export type RuntimeInfo = z.infer<typeof runtimeInfoSchema>;

const engineInfoSchema = z.object({
  version: z.string(),
  onnxruntime: z.string(),
  node: z.string(),
  machine: machineSchema,
  workspace: z.string(),
  modelFolder: z.string(),
  runtimes: z.array(runtimeInfoSchema),
  /** The sample sweep on the embedded starter pack. */
  starterSweep: sweepFileSchema,
});
export type EngineInfo = z.infer<typeof engineInfoSchema>;

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
/** Why a network is not taken for a classifier; where only the class scores must be chosen, what it is with each choice. */
export interface UnclearClassifier {
  problem: string;
  choices?: { output: string; facts: ClassifierFacts }[];
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
  classifier: ClassifierFacts | UnclearClassifier;
  params: number;
  nonZeroParams: number;
  macs: number;
  operators: Record<string, number>;
  layers: LayerInfo[];
  card?: z.infer<typeof preprocessSchema>;
}

/** How well the network does with one way of preprocessing. */
const triedPreprocessSchema = z.object({
  /** One of `presetNames`. */
  preset: z.string(),
  channels: channelOrderSchema,
  preprocess: preprocessSchema,
  /** Percent of the images. */
  top1: z.number(),
});
export type TriedPreprocess = z.infer<typeof triedPreprocessSchema>;

const preprocessTrialSchema = z.object({
  /** Labelled images that were tried, none of them of the evaluation split. */
  images: z.number().int(),
  /** Best first. */
  tried: z.array(triedPreprocessSchema),
});
export type PreprocessTrial = z.infer<typeof preprocessTrialSchema>;

/** What the window may ask of the engine. Nothing here writes to a path that the window names, but for a card beside a model that loads. */
export const openEngineContract = {
  'engine.info': rpc(nothing, engineInfoSchema),
  'settings.get': rpc(nothing, settingsSchema),
  'settings.set': rpc(settingsChangeSchema, settingsSchema),
  'storage.use': rpc(nothing, storageUseSchema),
  /** Removes files that can be made again until the rest is within the disk budget. */
  'storage.collect': rpc(nothing, collectionSchema),
  'techniques.list': rpc(nothing, typed<TechniqueInfo[]>()),
  /** Checks one recipe step chain; the answer is undefined or the sentence to show beside the form. */
  'recipes.check': rpc(
    z.strictObject({ recipe: z.unknown() }),
    z.object({ problem: z.string().optional(), text: z.string().optional() }),
  ),
  'models.list': rpc(
    z.strictObject({ folder: z.string().max(4096).optional() }),
    z.object({ models: z.array(modelSummarySchema), problems: z.array(z.string()) }),
  ),
  'models.inspect': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), typed<ModelInspection>()),
  /** Which channels of a network can only be removed together. */
  'models.channels': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), typed<ChannelMap>()),
  /** Writes NAME.card.json beside a model, from what the person chose; a card that is there keeps the rest of what it says. */
  'models.describe': rpc(
    z.strictObject({
      path: z.string().min(1).max(4096),
      preprocess: preprocessSchema,
      channels: channelOrderSchema.optional(),
      labels: z.string().max(200).optional(),
      /** The output that holds the class scores, where there are several. */
      output: z.string().max(1000).optional(),
    }),
    modelSummarySchema,
  ),
  /** Feeds a few labelled images to a network in every usual way: evidence for the person who chooses one. */
  'models.tryPreprocess': job(
    z.strictObject({
      path: z.string().min(1).max(4096),
      dataset: datasetSpecSchema,
      /** The output that holds the class scores, where there are several. */
      output: z.string().max(1000).optional(),
      /** `[height, width]` for a network that takes any. */
      size: z.tuple([sideSchema, sideSchema]).optional(),
    }),
    preprocessTrialSchema,
  ),
  'datasets.inspect': job(datasetSpecSchema, datasetSummarySchema),
  /** Each layer compressed alone: what that does to the output on calibration images. Asked again, it is answered from the cache. */
  'sensitivity.measure': job(sensitivityRequestSchema, typed<SensitivityReport>()),
  'sweeps.plan': rpc(sweepFileSchema, sweepPlanSchema),
  'sweeps.parse': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), sweepFileSchema),
  'sweeps.start': rpc(sweepFileSchema, runSummarySchema),
  'runs.list': rpc(nothing, z.array(runSummarySchema)),
  'runs.get': rpc(shownRun, runViewSchema),
  /** Two runs beside each other, paired where the images are the same; with recipes, those two alone. */
  'runs.compare': rpc(comparedRuns, typed<RunComparison>()),
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
  /** The sweep that a run carried out, to run it again. */
  'runs.sweep': rpc(runRef, recordedSweepSchema),
  /** Changes what people say of a run; what is not given stays. */
  'runs.edit': rpc(runRef.extend(runEditSchema.shape), runSummarySchema),
  /** Hides an ended run; for a week it can be restored. */
  'runs.delete': rpc(runRef, nothing),
  'runs.restore': rpc(runRef, runSummarySchema),
  'runs.log': rpc(z.strictObject({ run: z.string().max(200), trial: z.string().max(200) }), z.array(z.string())),
  /** The layers of a finished trial beside those of its network; computed when first asked for, then kept. */
  'trials.layers': job(
    z.strictObject({ run: z.string().min(1).max(200), trial: z.string().min(1).max(200) }),
    typed<LayerReport>(),
  ),
  'trials.star': rpc(trialRef.extend({ starred: z.boolean() }), nothing),
  /** Makes files of a trial again that were collected; the run goes on with what else it has left. */
  'trials.remake': rpc(trialRef, nothing),
  'trials.annotate': rpc(trialRef.extend({ note: z.string().max(10_000) }), nothing),
  /** The run under way, or null. */
  'run.progress': signal(runProgressSchema.nullable()),
  /** The trial that changed last. */
  'run.trial': signal(z.object({ run: z.string(), trial: trialViewSchema }).nullable()),
} satisfies Record<string, Endpoint>;

/** What only the main process may ask of the engine: these write to a path, and paths come from a person's dialog. */
export const mainEngineContract = {
  'runs.export': rpc(
    shownRun.extend({
      format: z.enum(['csv', 'matrix-csv', 'long-csv', 'json', 'html', 'md']),
      view: reportViewSchema.optional(),
      path: z.string().min(1).max(4096),
    }),
    z.strictObject({ path: z.string() }),
  ),
  /** The run as a self-contained HTML page, for printing. */
  'runs.html': rpc(
    shownRun.extend({ view: reportViewSchema.optional(), paper: z.enum(papers).optional() }),
    z.string(),
  ),
  /** A trial as a folder to give away, made inside `parent`, and as a zip beside it. */
  'trials.handOver': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(200), parent: z.string().min(1).max(4096) }),
    z.strictObject({ folder: z.string() }),
  ),
  /** The runs in another folder of results, which is opened for it. */
  'results.runs': rpc(z.strictObject({ folder: z.string().min(1).max(4096) }), z.array(runSummarySchema)),
  'results.compare': rpc(comparedResults, typed<RunComparison>()),
  /** Copies a trial's artifact (and its card) to a path the person chose. */
  'runs.saveArtifact': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(200), path: z.string().min(1).max(4096) }),
    z.strictObject({ path: z.string() }),
  ),
} satisfies Record<string, Endpoint>;

export const engineContract = { ...openEngineContract, ...mainEngineContract };
export type EngineContract = typeof engineContract;

const windowCommandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('show'), view: z.string() }),
  z.object({ kind: z.literal('export'), format: z.enum(exportFormatIds) }),
  z.object({ kind: z.literal('open-sweep') }),
  z.object({ kind: z.literal('palette') }),
  z.object({ kind: z.literal('shortcuts') }),
]);
export type WindowCommand = z.infer<typeof windowCommandSchema>;

/** What the main process does itself for the window. Paths come from dialogs and drops, so the window never invents one. */
export const shellContract = {
  'shell.chooseModels': rpc(nothing, z.array(z.string())),
  'shell.chooseFolder': rpc(z.strictObject({ title: z.string().max(200) }), z.string().nullable()),
  'shell.chooseSweep': rpc(nothing, z.string().nullable()),
  'shell.exportRun': rpc(
    shownRun.extend({
      format: z.enum(exportFormatIds),
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
  /** Hands a trial over as a folder and a zip, in a folder that a person chooses. Answers the new one, or null when nothing was chosen. */
  'shell.handOver': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(200) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  /** Shows the results in a folder, which a person chooses where no path is given, or in a JSON report; a path that was neither dropped nor opened before is refused. Answers it, or null when nothing was chosen. */
  'shell.openResults': rpc(z.strictObject({ path: z.string().min(1).max(4096).optional() }), z.string().nullable()),
  /** Folders of results that were opened before, the last one first; these may be opened by their path. */
  'shell.recentResults': rpc(nothing, z.array(z.string())),
  /** Asks for another folder of results to compare with; what is shown stays. Null when nothing was chosen. */
  'shell.chooseComparedResults': rpc(
    nothing,
    z.strictObject({ folder: z.string(), runs: z.array(runSummarySchema) }).nullable(),
  ),
  /** A run of a folder that was chosen so, beside one of those at hand. */
  'shell.compareResults': rpc(comparedResults, typed<RunComparison>()),
  /** Back to the person's own results. */
  'shell.closeResults': rpc(nothing, nothing),
  'shell.theme': rpc(nothing, themeSchema),
  'shell.setTheme': rpc(z.strictObject({ theme: themeSchema }), nothing),
  'shell.reveal': rpc(z.strictObject({ run: z.string().max(200), trial: z.string().max(200) }), nothing),
  /** Whether the engine answers; the window shows a quiet banner while it restarts. */
  'shell.engine': signal(
    z.object({ state: z.enum(['starting', 'ready', 'restarting', 'failed']), detail: z.string().optional() }),
  ),
  /** Whose results the window shows: those in a folder or JSON report that was opened, or (null) the person's own. */
  'shell.results': signal(z.object({ folder: z.string().nullable() })),
  /** A menu item or shortcut asks the window to do something. */
  'shell.command': signal(windowCommandSchema),
} satisfies Record<string, Endpoint>;
export type ShellContract = typeof shellContract;

/** All that the window may ask. */
export type WindowContract = typeof openEngineContract & ShellContract;

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
  /** The path of a file dropped on the window, which the main process then knows as dropped; empty for a file that a page made. */
  pathOf(file: File): string;
  platform: string;
}
