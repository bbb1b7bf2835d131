import type { PreprocessTrial } from '@shared/contract';
import type { ErrorReport } from '@shared/errors';
import type { LayerReport } from '@shared/layers';
import type { ModelCard } from '@shared/model-card';
import type { FileMetrics, LatencyMetrics } from '@shared/metrics';
import type { LayerSensitivity, SensitivityMethod } from '@shared/sensitivity';
import type { LatencyMode, Target } from '@shared/sweep-file';
import type { ImageSet } from '../dataset/dataset';
import type { Predictions } from '../measure/accuracy/accuracy';

/**
 * A job is one step of a sweep as a serialisable order to a worker: paths of immutable inputs, and where to write.
 * A worker does one job and ends.
 */
export interface CompressJob {
  kind: 'compress';
  modelPath: string;
  /** The float network that lossy steps are compared with. */
  referencePath: string;
  card: ModelCard;
  technique: string;
  params: Record<string, unknown>;
  calibration: ImageSet<'calibration'>;
  cacheFolder: string;
  seed: number;
  threads: number;
  outputPath: string;
}

export interface DescribeJob {
  kind: 'describe';
  modelPath: string;
}

export interface EvaluateJob {
  kind: 'evaluate';
  modelPath: string;
  card: ModelCard;
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

export interface SensitivityJob extends Omit<CompressJob, 'kind' | 'technique' | 'params' | 'outputPath'> {
  kind: 'sensitivity';
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

export type Job = CompressJob | DescribeJob | EvaluateJob | LayersJob | MeasureJob | SensitivityJob | TryPreprocessJob;

export interface JobResults {
  compress: { sizeBytes: number };
  describe: FileMetrics;
  evaluate: Predictions;
  layers: LayerReport;
  measure: LatencyMetrics;
  /** `images`: how many were used. */
  sensitivity: { images: number; layers: LayerSensitivity[] };
  'try-preprocess': PreprocessTrial;
}

export interface JobReporter {
  progress(stage: string, done: number, total: number): void;
  note(sentence: string): void;
  log(line: string): void;
  signal: AbortSignal;
}

/** What a worker says to the engine. */
export type WorkerMessage =
  | { type: 'progress'; stage: string; done: number; total: number }
  | { type: 'note'; sentence: string }
  | { type: 'log'; line: string }
  | { type: 'result'; result: unknown }
  | { type: 'error'; error: ErrorReport; stack?: string };
