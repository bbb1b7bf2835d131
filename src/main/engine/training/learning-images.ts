export interface TrainingBatch {
  /** float32 `[count, C, H, W]`, or the card's layout, preprocessed. The next batch may overwrite it. */
  pixels: Float32Array;
  shape: number[];
  /** Classes, -1 where an image has none; absent where none of the images has one. */
  labels?: Int32Array;
  count: number;
}

export interface EpochOrder {
  seed: number;
  epoch: number;
  /** Images a batch. */
  batch: number;
  /** Batches that are passed over: those before a checkpoint. */
  from?: number;
  /** What becomes of the images that fill no batch. */
  lastBatch: 'drop';
}

/** Images as training takes them. */
export interface LearningImages {
  readonly count: number;
  readonly isLabelled: boolean;
  /** As they are, in a fixed order. */
  batches(batchSize: number): AsyncIterable<{ data: Float32Array; shape: number[]; labels: readonly number[] }>;
  /** Every image once, in an order that follows from seed and epoch alone. */
  trainingBatches(order: EpochOrder): AsyncIterable<TrainingBatch>;
  /** In two: `count` of them judge, the others are trained on. */
  holdOut(count: number, seed: number): { heldOut: LearningImages; others: LearningImages };
}
