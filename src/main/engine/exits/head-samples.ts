import { standardized, type FeatureScale } from './feature-scale';
import type { SeenImages } from './seen-images';

/** What the head of one exit is fitted to, or judged by: a row a view of an image in every array. */
export interface HeadSamples {
  count: number;
  /** Features with mean 0 and variance 1, `[count, channels]`. */
  rows: Float32Array;
  /** What the network answers, before a softmax, `[count, classes]`. */
  scores: Float32Array;
  /** Classes, -1 where an image has none. */
  labels: Float32Array;
}

export const headSamples = (
  { count, features, scores, labels }: SeenImages,
  exit: number,
  scale: FeatureScale,
): HeadSamples => ({
  count,
  rows: standardized(features[exit]!, scale),
  scores,
  labels,
});
