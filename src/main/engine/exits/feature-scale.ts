import { float32Tensor } from '../onnx/make';
import type { ExitHead } from './exit-head';

/** Means and standard deviations of features, by channel. */
export interface FeatureScale {
  means: Float64Array;
  deviations: Float64Array;
}

/** @param rows `[count, channels]` */
export function featureScale(rows: Float32Array, count: number): FeatureScale {
  const channels = rows.length / count;
  const [means, deviations] = [new Float64Array(channels), new Float64Array(channels)];
  for (let at = 0; at < rows.length; at++) means[at % channels]! += rows[at]! / count;
  for (let at = 0; at < rows.length; at++)
    deviations[at % channels]! += (rows[at]! - means[at % channels]!) ** 2 / count;
  // A channel that is always the same tells nothing.
  return { means, deviations: deviations.map((variance) => Math.sqrt(variance) || 1) };
}

/** Features with mean 0 and variance 1. */
export function standardized(rows: Float32Array, { means, deviations }: FeatureScale): Float32Array {
  const channels = means.length;
  return rows.map((value, at) => (value - means[at % channels]!) / deviations[at % channels]!);
}

/** A head of such features as one of features as they are. */
export function unscaled(head: ExitHead, { means, deviations }: FeatureScale): ExitHead {
  const [weights, biases] = [head.weight.data as Float32Array, head.bias.data as Float32Array];
  const channels = means.length;
  const weight = weights.map((value, at) => value / deviations[at % channels]!);
  const bias = biases.map((value, row) =>
    means.reduce((sum, mean, at) => sum - mean * weight[row * channels + at]!, value),
  );
  return { weight: float32Tensor(head.weight.shape, weight), bias: float32Tensor(head.bias.shape, bias) };
}
