import { z } from 'zod';
import { job, nothing, rpc, signal, typed, type Endpoint } from './endpoints';
import type { ChannelMap } from './channel-groups';
import { coralStatusSchema } from './coral';
import {
  classMappingSchema,
  datasetPreviewSchema,
  datasetSpecSchema,
  datasetSummarySchema,
  imageCheckSchema,
  previewRequestSchema,
} from './dataset';
import { channelOrderSchema, modelSummarySchema, preprocessSchema, sideSchema, type ModelCard } from './model-card';
import type { FlipReport, Thumbnail } from './flips';
import type { LatencyTimes } from './latency-times';
import type { LayerReport } from './layers';
import { liveAnswerSchema } from './live/answer';
import { bytesSchema, liveFrameSchema } from './live/frame';
import { liveRecordSchema } from './live/record';
import {
  liveDeploymentSchema,
  liveImagesSchema,
  liveModelFileSchema,
  liveSessionSchema,
  liveSideSchema,
  liveSourceSchema,
} from './live/session';
import { liveSnapshotSchema } from './live/snapshot';
import { machinesContract } from './machines-contract';
import { papers } from './presenter/paper';
import { reportViewSchema } from './presenter/report-view';
import type { RunComparison } from './run-comparison';
import type { TechniqueInfo } from './recipe';
import type { SweepTemplate } from './sweep-template';
import {
  machineSchema,
  recordedSweepSchema,
  runEditSchema,
  runProgressSchema,
  runSummarySchema,
  runViewSchema,
  trialViewSchema,
} from './run';
import { formatInfoSchema, runtimeInfoSchema } from './runtime-info';
import { searchRequestSchema, type SearchRecord, type SearchState } from './search-state';
import { sensitivityRequestSchema, type SensitivityReport } from './sensitivity';
import { settingsChangeSchema, settingsSchema } from './settings';
import { collectionSchema, storageUseSchema } from './storage';
import { optionsSchema, sweepFileSchema, targetSchema } from './sweep-file';
import { zooModelSchema } from './zoo';
import { sweepPlanSchema } from './sweep-plan';

const runRef = z.strictObject({ run: z.string().min(1).max(200) });
const trialRef = runRef.extend({ trial: z.string().min(1).max(400) });
const trialsRef = runRef.extend({ trials: z.array(z.string().max(400)).min(1).max(10_000) });
const liveRef = z.strictObject({ session: z.uuid() });
const liveSideIndex = z.number().int().min(0).max(1);
/** A run as it is shown: compared with the models as they came, or with one of its recipes. */
export const shownRun = z.strictObject({ run: z.string().min(1).max(200), against: z.string().max(200).optional() });
const comparedRuns = z.strictObject({
  reference: z.string().min(1).max(200),
  candidate: z.string().min(1).max(200),
  recipes: z.strictObject({ reference: z.string().max(200), candidate: z.string().max(200) }).optional(),
});
/** As `comparedRuns`, the reference a run of another folder of results. */
export const comparedResults = comparedRuns.extend({ folder: z.string().min(1).max(4096) });

const engineInfoSchema = z.object({
  version: z.string(),
  onnxruntime: z.string(),
  node: z.string(),
  machine: machineSchema,
  workspace: z.string(),
  modelFolder: z.string(),
  runtimes: z.array(runtimeInfoSchema),
  formats: z.array(formatInfoSchema),
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
  /** What its card says, and the order of its colours there. */
  card?: z.infer<typeof preprocessSchema>;
  cardOrder?: z.infer<typeof channelOrderSchema>;
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
  /** The same; devices that could not be used are looked for anew. */
  'engine.lookAgain': rpc(nothing, engineInfoSchema),
  'settings.get': rpc(nothing, settingsSchema),
  'settings.set': rpc(settingsChangeSchema, settingsSchema),
  'storage.use': rpc(nothing, storageUseSchema),
  /** Removes files that can be made again until the rest is within the disk budget. */
  'storage.collect': rpc(nothing, collectionSchema),
  'techniques.list': rpc(nothing, typed<TechniqueInfo[]>()),
  /** Checks one recipe step chain: the sentence to show beside the form, or what comes of it, with what tells its variants apart ("" for the only one). */
  'recipes.check': rpc(
    z.strictObject({ recipe: z.unknown() }),
    z.object({
      problem: z.string().optional(),
      text: z.string().optional(),
      variants: z.array(z.string()).optional(),
    }),
  ),
  /** What a device will make of networks after a recipe, before anything is compressed: a sentence that calls itself an estimate; none where nothing can be said. */
  'recipes.estimate': rpc(
    z.strictObject({
      recipe: z.unknown(),
      format: z.string().min(1).max(40),
      models: z.array(z.string().min(1).max(4096)).max(100),
    }),
    z.object({ text: z.string().optional() }),
  ),
  /** Whether a target can be measured here: the sentence to show beside it where it cannot. */
  'targets.check': rpc(z.strictObject({ target: targetSchema }), z.object({ problem: z.string().optional() })),
  /** Whether files are written in a format with these options. */
  'deploy.check': rpc(
    z.strictObject({ format: z.string().min(1).max(40), options: optionsSchema }),
    z.object({ problem: z.string().optional() }),
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
  /** Networks of the ONNX model zoo that can be fetched into the model folder. */
  'zoo.list': rpc(nothing, z.array(zooModelSchema)),
  /** Fetches one of them, checked and with a card. A person said yes to its size and licence. */
  'zoo.get': job(z.strictObject({ name: z.string().min(1).max(200) }), modelSummarySchema),
  /** Fetches the library of a runtime into the person's folder, checked. A person said yes to its size and licence. */
  'runtimes.get': job(z.strictObject({ name: z.string().min(1).max(40) }), z.strictObject({ folder: z.string() })),
  'datasets.inspect': job(datasetSpecSchema, datasetSummarySchema),
  /** A few images of a split by their place in it, small. */
  'datasets.preview': rpc(previewRequestSchema, datasetPreviewSchema),
  /** Decodes all images that the splits took: which files are damaged. */
  'datasets.check': job(datasetSpecSchema, imageCheckSchema),
  /** What the classes of a dataset are to each of these models; models without a card are left out. */
  'datasets.classes': rpc(
    z.strictObject({ dataset: datasetSpecSchema, models: z.array(z.string().min(1).max(4096)).max(100) }),
    z.array(classMappingSchema),
  ),
  /** Each layer compressed alone: what that does to the output on calibration images. Asked again, it is answered from the cache. */
  'sensitivity.measure': job(sensitivityRequestSchema, typed<SensitivityReport>()),
  'sweeps.plan': rpc(sweepFileSchema, sweepPlanSchema),
  'sweeps.templates': rpc(nothing, typed<SweepTemplate[]>()),
  'sweeps.parse': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), sweepFileSchema),
  /** Starts a sweep; while another is under way it is queued. */
  'sweeps.start': rpc(sweepFileSchema, runSummarySchema),
  /** Looks for the best chain of each network, one after another; it begins after what is under way. */
  'search.start': rpc(searchRequestSchema, nothing),
  /** Steps under way are finished, and nothing else of the search begins; its budget stands still. */
  'search.pause': rpc(nothing, nothing),
  /** Goes on after a pause, or with the searches that wait since Whittle was left. */
  'search.continue': rpc(nothing, nothing),
  /** No more is tried; what the search under way has found is confirmed. */
  'search.finish': rpc(nothing, nothing),
  /** Stops the search under way and those that wait. Every trial is kept. */
  'search.cancel': rpc(nothing, nothing),
  /** What is kept of the search that a run belongs to; null for other runs. */
  'search.record': rpc(runRef, typed<SearchRecord | null>()),
  'runs.list': rpc(nothing, z.array(runSummarySchema)),
  'runs.get': rpc(shownRun, runViewSchema),
  /** Two runs beside each other, paired where the images are the same; with recipes, those two alone. */
  'runs.compare': rpc(comparedRuns, typed<RunComparison>()),
  'runs.pause': rpc(runRef, nothing),
  'runs.continue': rpc(runRef, nothing),
  'runs.cancel': rpc(runRef, nothing),
  /** Takes a run that waits for its turn out of the queue. */
  'runs.unqueue': rpc(runRef, nothing),
  /** Trials of the run under way with something left to do, the next first. */
  'runs.upcoming': rpc(runRef, z.array(z.string())),
  /** These trials of the run under way are not wanted any more. */
  'runs.skip': rpc(trialsRef, nothing),
  /** These trials of the run under way come before all others, also where they were skipped. */
  'runs.prefer': rpc(trialsRef, nothing),
  /** Runs the unfinished, failed and skipped trials of an ended run again, or begins one that is queued. */
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
  'runs.log': rpc(z.strictObject({ run: z.string().max(200), trial: z.string().max(400) }), z.array(z.string())),
  /** The layers of a finished trial beside those of its network; computed when first asked for, then kept. */
  'trials.layers': job(
    z.strictObject({ run: z.string().min(1).max(200), trial: z.string().min(1).max(400) }),
    typed<LayerReport>(),
  ),
  'trials.star': rpc(trialRef.extend({ starred: z.boolean() }), nothing),
  /** Makes files of a trial again that were collected; the run goes on with what else it has left. */
  'trials.remake': rpc(trialRef, nothing),
  /** The training under way of a trial ends with the best so far; that is what the trial shows, in this run alone. */
  'trials.stopTraining': rpc(trialRef, nothing),
  /** Does in full what a training that was stopped by hand left of a trial of an ended run, from where it was stopped. */
  'trials.trainOn': rpc(trialRef, nothing),
  'trials.annotate': rpc(trialRef.extend({ note: z.string().max(10_000) }), nothing),
  /** What single inferences of a trial took on a target; null where that was not kept. */
  'trials.times': rpc(trialRef.extend({ target: z.string().min(1).max(400) }), typed<LatencyTimes | null>()),
  /** Which images a trial answers differently than what it is compared with, from the answers that are kept. */
  'trials.flips': rpc(
    shownRun.extend({ trial: z.string().min(1).max(400), runtime: z.string().max(100).optional() }),
    typed<FlipReport>(),
  ),
  /** Small pictures of images that a trial was evaluated on, by the hash of their bytes; in the order asked for. */
  'trials.thumbnails': rpc(
    z.strictObject({
      run: z.string().min(1).max(200),
      trial: z.string().min(1).max(400),
      hashes: z
        .array(z.string().regex(/^[0-9a-f]{64}$/))
        .min(1)
        .max(60),
    }),
    typed<Thumbnail[]>(),
  ),
  ...machinesContract,
  /** Corals that are plugged in, and what is missing to use them. */
  'coral.status': signal(coralStatusSchema),
  /** What a model file is, of any format that a runtime opens; the same as opening it throws. */
  'live.model': rpc(z.strictObject({ path: z.string().min(1).max(4096) }), liveModelFileSchema),
  /** Opens one or two deployments that answer frame by frame, under an id of the asker's; a session that was open before is closed. */
  'live.open': rpc(liveRef.extend({ deployments: z.array(liveDeploymentSchema).min(1).max(2) }), liveSessionSchema),
  /** Starts a side again whose process ended; the other goes on as it was. */
  'live.reopen': rpc(liveRef.extend({ side: liveSideIndex }), liveSideSchema),
  /** Opens images that frames of the session may name by their place. */
  'live.source': rpc(liveRef.extend({ source: liveSourceSchema }), liveImagesSchema),
  /** One of them as a JPEG to look at. */
  'live.picture': rpc(liveRef.extend({ index: z.number().int().min(0) }), bytesSchema),
  /** What a side says of a frame; null where a newer frame came before its turn. */
  'live.frame': rpc(liveRef.extend({ side: liveSideIndex, frame: liveFrameSchema }), liveAnswerSchema.nullable()),
  /** Also one that is still opening. */
  'live.close': rpc(liveRef, nothing),
  /** Live waits until latencies have been measured: frames, and models that are to be opened. */
  'live.waiting': signal(z.boolean()),
  /** The run under way, or null. */
  'run.progress': signal(runProgressSchema.nullable()),
  /** The search under way, or how the last one ended. */
  'search.state': signal(typed<SearchState>()),
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
  /** Writes a sweep file. */
  'sweeps.save': rpc(
    z.strictObject({ sweep: sweepFileSchema, path: z.string().min(1).max(4096) }),
    z.strictObject({ path: z.string() }),
  ),
  /** The run as a self-contained HTML page, for printing. */
  'runs.html': rpc(
    shownRun.extend({ view: reportViewSchema.optional(), paper: z.enum(papers).optional() }),
    z.string(),
  ),
  /** A trial as a folder to give away, made inside `parent`, and as a zip beside it. */
  'trials.handOver': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(400), parent: z.string().min(1).max(4096) }),
    z.strictObject({ folder: z.string() }),
  ),
  /** The runs in another folder of results, which is opened for it. */
  'results.runs': rpc(z.strictObject({ folder: z.string().min(1).max(4096) }), z.array(runSummarySchema)),
  'results.compare': rpc(comparedResults, typed<RunComparison>()),
  /** One frame of Live with its numbers, as an HTML page that loads nothing. */
  'live.saveSnapshot': rpc(
    z.strictObject({ snapshot: liveSnapshotSchema, path: z.string().min(1).max(4096) }),
    z.strictObject({ path: z.string() }),
  ),
  /** A session of Live as CSV. */
  'live.saveRecord': rpc(
    z.strictObject({ record: liveRecordSchema, path: z.string().min(1).max(4096) }),
    z.strictObject({ path: z.string() }),
  ),
  /** Copies a trial's artifact (and its card) to a path the person chose. */
  'runs.saveArtifact': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(400), path: z.string().min(1).max(4096) }),
    z.strictObject({ path: z.string() }),
  ),
} satisfies Record<string, Endpoint>;

export const engineContract = { ...openEngineContract, ...mainEngineContract };
export type EngineContract = typeof engineContract;
