import type { ErrorReport } from '@shared/errors';
import type { LayerReport } from '@shared/layers';
import type { ModelCard } from '@shared/model-card';
import type { FileMetrics, LatencyMetrics } from '@shared/metrics';
import type { LayerSensitivity, SensitivityMethod } from '@shared/sensitivity';
import type { LatencyMode, Target } from '@shared/sweep-file';
import type { ImageSet } from '../dataset/dataset';
import type { Checkpoints } from './checkpoint';
import type { Order } from './order';
import type { Predictions } from '../measure/accuracy/accuracy';

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
  mode: LatencyMode;
  seed: number;
}

export interface SensitivityJob extends Omit<
  CompressJob,
  'kind' | 'technique' | 'params' | 'outputPath' | 'calibration' | 'train'
> {
  kind: 'sensitivity';
  calibration: ImageSet<'calibration'>;
  method: SensitivityMethod;
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

export type Job = CompressJob | ConvertJob | DescribeJob | EvaluateJob | LayersJob | MeasureJob | SensitivityJob;

export interface JobResults {
  compress: { sizeBytes: number };
  convert: { sizeBytes: number };
  describe: FileMetrics;
  evaluate: Predictions;
  layers: LayerReport;
  measure: LatencyMetrics;
  /** `images`: how many were used. */
  sensitivity: { images: number; layers: LayerSensitivity[] };
}

export interface JobReporter {
  progress(stage: string, done: number, total: number): void;
  note(sentence: string): void;
  log(line: string): void;
  signal: AbortSignal;
  /** For jobs that take long enough to be interrupted. */
  checkpoint: Checkpoints;
}

/** What a worker is told: an order and the folder of the workspace that has its contents. */
export interface WorkerTask<K extends Job['kind'] = Job['kind']> {
  order: Order & { kind: K };
  workspace: string;
}

/** What a worker says to the engine. */
export type WorkerMessage =
  | { type: 'progress'; stage: string; done: number; total: number }
  | { type: 'note'; sentence: string }
  | { type: 'log'; line: string }
  | { type: 'result'; result: unknown }
  | { type: 'error'; error: ErrorReport; stack?: string };
