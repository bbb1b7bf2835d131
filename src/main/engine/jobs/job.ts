import type { PreprocessTrial } from '@shared/contract';
import type { LatencyTimes } from '@shared/latency-times';
import type { CoralTestResult } from '@shared/coral';
import type { CompilerReport } from '@shared/edgetpu';
import type { LayerReport } from '@shared/layers';
import type { ModelCard } from '@shared/model-card';
import type { FileDescription, LatencyMetrics } from '@shared/metrics';
import type { LayerSensitivity, SensitivityMethod } from '@shared/sensitivity';
import type { LatencyMode, Target } from '@shared/sweep-file';
import type { TrainingRecord } from '@shared/training-record';
import type { ImageSet } from '../dataset/dataset';
import type { Checkpoints } from './checkpoint';
import type { EnergySensor } from '../machine/energy-sensor';
import type { Predictions } from '../measure/accuracy/accuracy';
import type { SessionPairOrder } from '../measure/latency/session-pair';
import type { MeasuredPair } from '../measure/latency/summarize-pairs';

/**
 * A job is one step of a sweep where it is done: paths of immutable inputs, and where to write. It travels as an `Order`, which names
 * contents in place of paths. A worker does one job and ends.
 */
export interface CompressJob {
  kind: 'compress';
  modelPath: string;
  /** The float network that lossy steps are compared with. */
  referencePath: string;
  card: ModelCard;
  technique: string;
  params: Record<string, unknown>;
  /** Of each split, the images it looks at; absent: none. */
  calibration?: ImageSet<'calibration'>;
  train?: ImageSet<'train'>;
  cacheFolder: string;
  seed: number;
  threads: number;
  outputPath: string;
}

/** Writes a network in the format of a runtime. */
export interface ConvertJob {
  kind: 'convert';
  modelPath: string;
  card: ModelCard;
  format: string;
  /** Of the format, defaults filled in. */
  options: Record<string, unknown>;
  /** Codes at both ends, or an error. What a sweep says is for all of its trials: one that computes an end in floats has floats there. */
  isStrict?: boolean;
  outputPath: string;
}

export interface DescribeJob {
  kind: 'describe';
  modelPath: string;
  format: string;
}

export interface EvaluateJob {
  kind: 'evaluate';
  modelPath: string;
  card: ModelCard;
  /** Where it answers, as in a target. */
  runtime: string;
  device?: string;
  options?: Target['options'];
  images: ImageSet<'eval'>;
  cacheFolder: string;
  threads: number;
}

export interface MeasureJob {
  kind: 'measure';
  candidatePath: string;
  baselinePath: string;
  card: ModelCard;
  target: Target;
  /** Of the baseline, where it is a file of another kind; absent: as the candidate. */
  baselineCard?: ModelCard;
  baselineTarget?: Target;
  /** The target that this stands for, where that does not take the file; its name is the result's. */
  insteadOf?: Target;
  mode: LatencyMode;
  seed: number;
  /** Where the time depends on the image: what it is measured over. Absent: one made-up image. */
  images?: ImageSet<'eval'>;
  cacheFolder?: string;
}

export interface SensitivityJob extends Omit<
  CompressJob,
  'kind' | 'technique' | 'params' | 'outputPath' | 'calibration' | 'train'
> {
  kind: 'sensitivity';
  calibration: ImageSet<'calibration'>;
  method: SensitivityMethod;
}

/** Not a step of a sweep: asked for by somebody who writes a card. */
export interface TryPreprocessJob {
  kind: 'try-preprocess';
  modelPath: string;
  card: ModelCard;
  images: ImageSet<'calibration' | 'train'>;
  cacheFolder: string;
  threads: number;
}

/** Not a step of a sweep: asked for when somebody wants to see the layers of a trial. */
export interface LayersJob {
  kind: 'layers';
  originalPath: string;
  /** The float network that lossy steps started from. */
  referencePath: string;
  candidatePath: string;
  card: ModelCard;
  /** May be empty: then there are no errors. */
  calibration: ImageSet<'calibration'>;
  cacheFolder: string;
  threads: number;
}

export type Job =
  CompressJob | ConvertJob | DescribeJob | EvaluateJob | LayersJob | MeasureJob | SensitivityJob | TryPreprocessJob;

/** A part of `measure`, for a process of its own: both files opened once, run in turns. No executor meets it. */
export interface SessionPairJob extends Omit<MeasureJob, 'kind' | 'mode'> {
  kind: 'session-pair';
  order: SessionPairOrder;
  /** What tells the energy, where something does. */
  energySensor?: EnergySensor;
}

/** Tries a Coral out, for `whittle doctor`. No executor meets it. */
export interface CoralTestJob {
  kind: 'coral-test';
  /** A file that edgetpu_compiler made, and the one that it was made from. */
  modelPath: string;
  twinPath?: string;
  device: string;
}

/** What a worker process takes. */
export type WorkerJob = Job | SessionPairJob | CoralTestJob;

export interface JobResults {
  /** `training`: of steps that train, in their order. */
  compress: { sizeBytes: number; training?: TrainingRecord[] };
  convert: { sizeBytes: number; compiler?: CompilerReport };
  describe: FileDescription;
  evaluate: Predictions;
  layers: LayerReport;
  /** Single times are absent in results of earlier versions; views and reports go without them. */
  measure: LatencyMetrics & { times?: LatencyTimes };
  /** `images`: how many were used. */
  sensitivity: { images: number; layers: LayerSensitivity[] };
  'coral-test': CoralTestResult;
  'session-pair': MeasuredPair;
  'try-preprocess': PreprocessTrial;
}

export interface JobReporter {
  progress(stage: string, done: number, total: number): void;
  note(sentence: string): void;
  log(line: string): void;
  signal: AbortSignal;
  /** Fires when somebody wants what training has brought so far. */
  stop?: AbortSignal;
  /** For jobs that take long enough to be interrupted. */
  checkpoint: Checkpoints;
}
