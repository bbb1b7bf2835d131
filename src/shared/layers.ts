/** One layer of one file: convolution or fully connected, with the activation the runtime computes with it. */
export interface LayerFacts {
  op: string;
  inputChannels: number;
  outputChannels: number;
  /** Multiply-accumulates for one image. */
  macs: number;
  /** Share of weights that are zero, 0..1. */
  sparsity: number;
  /** Weights and biases as the file stores them, with what decodes them; shared bytes count at the first layer. */
  bytes: number;
  /** Of one inference at batch 1 on one thread. */
  milliseconds: number;
  /** Its part of the time of all operators, 0..1. */
  latencyShare: number;
}

/** A layer before and after, matched by name; one that vanished has no `after`, a new one no `before`. */
export interface LayerComparison {
  name: string;
  before?: LayerFacts;
  after?: LayerFacts;
  /**
   * Squared difference of the layer's output to the float network's on calibration images, relative to the square of the latter. Of a layer
   * that lost channels, over the channels that are left. Absent where there is nothing to compare.
   */
  error?: number;
}

/** The layers of a compressed file beside those of the network it came from. */
export interface LayerReport {
  layers: LayerComparison[];
  /** Operators between the layers (pooling, sums, conversions): milliseconds and part of the time of all operators. */
  rest: Record<'before' | 'after', { milliseconds: number; share: number }>;
  /** Images behind the errors; 0 when there were none to compare on. */
  images: number;
}
