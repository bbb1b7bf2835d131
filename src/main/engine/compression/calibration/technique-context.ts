import type { Augmentation } from '@shared/augmentation';
import type { ModelCard } from '@shared/model-card';
import type { TrainingRecord } from '@shared/training-record';
import type { Graph } from '../../onnx/graph';

/** Preprocessed calibration images of the model at hand. There is no way from here to evaluation images. */
export interface CalibrationImages {
  readonly count: number;
  /**
   * Batches as input tensors, float32 `[n, C, H, W]` (or the card's layout), in a fixed order; the last may be smaller.
   * The next batch may overwrite `data`.
   */
  batches(batchSize: number): AsyncIterable<{ data: Float32Array; shape: number[] }>;
}

/** An epoch of training images. */
export interface EpochOrder {
  seed: number;
  epoch: number;
  /** Images a batch. */
  batch: number;
  /** Batches that are passed over: those before a checkpoint. */
  from?: number;
  /** What becomes of the images that fill no batch; a smaller batch by default. */
  lastBatch?: 'keep' | 'drop';
  /** Gentle by default. */
  augmentation?: Augmentation;
  /** Alpha of mixup, up to 1; none by default. */
  mixup?: number;
}

export interface TrainingBatch {
  /** float32 `[count, C, H, W]`, or the card's layout, preprocessed. The next batch may overwrite it. */
  pixels: Float32Array;
  shape: number[];
  /** Classes, -1 where an image has none; absent where none of the images has one. */
  labels?: Int32Array;
  count: number;
  /** With mixup: of each image `share` is its own, the rest of an image with that label. */
  mixed?: { labels?: Int32Array; share: number };
}

export interface TrainingBatches extends AsyncIterable<TrainingBatch> {
  /** Time that whoever walks them has waited for images, milliseconds. */
  readonly waitedMs: number;
}

/** Training images with their labels. */
export interface TrainingImages {
  readonly count: number;
  readonly isLabelled: boolean;
  /**
   * Preprocessed as for evaluation, like calibration images; `labels[i]` is the class of image i, -1 where the dataset has none.
   */
  batches(batchSize: number): AsyncIterable<{ data: Float32Array; shape: number[]; labels: readonly number[] }>;
  /**
   * Every image once, in an order and varied in ways that follow from seed and epoch alone. Throws `dataset.too-few` where they fill no batch.
   */
  trainingBatches(order: EpochOrder): TrainingBatches;
  /** In two, stratified by class: `count` of them tell when to stop, the others are trained on. */
  holdOut(count: number, seed: number): { heldOut: TrainingImages; others: TrainingImages };
}

/** What a technique may look at, by split. */
export interface ImagesBySplit {
  calibration: CalibrationImages;
  train: TrainingImages;
}

/** Keys name all that a result depends on besides the images; results are plain data, as JSON holds them. */
export interface Cached {
  /** The result stored under `key`, or else that of `compute`, stored for others. */
  <T>(key: unknown, compute: () => Promise<T>): Promise<T>;
  /** The result stored under `key`, undefined where there is none. */
  peek<T>(key: unknown): Promise<T | undefined>;
}

export interface TechniqueContext {
  card: ModelCard;
  /** `images('calibration')`. */
  calibration: CalibrationImages;
  /** The images of a split that the technique's `needs` name; of another there are none. */
  images<S extends keyof ImagesBySplit>(split: S): ImagesBySplit[S];
  /**
   * The float network that lossy steps started from: what the last function-preserving step of the recipe wrote, or the model itself.
   * Read when first asked for. Its layers keep the names they have in the graph at hand.
   */
  reference(): Promise<Graph>;
  /** For what takes long: bytes that are found again when the same step was interrupted. Absent: nothing is kept. */
  checkpoint?: {
    save(bytes: Uint8Array): Promise<void>;
    latest(): Promise<Uint8Array | undefined>;
    /** Time between two; absent: as whoever saves thinks best. */
    everyMs?: number;
  };
  /** Results that recipes on the same images share. */
  cached: Cached;
  seed: number;
  /** Threads that ONNX Runtime may use for calibration passes. */
  threads: number;
  /** Uniform in [0, 1), deterministic for the seed. */
  rng(): number;
  progress(stage: string, done: number, total: number): void;
  /** A sentence for the trial's notes: what the person should know of this result. */
  note(sentence: string): void;
  log(line: string): void;
  /** How a training went, for the trial's panel. Absent: nobody asks. */
  trained?(record: TrainingRecord): void;
  signal: AbortSignal;
  /** Fires when somebody wants what training has brought so far, in place of its end. Absent: nobody can. */
  stop?: AbortSignal;
}
