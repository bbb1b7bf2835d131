import type { ModelCard } from '@shared/model-card';

/**
 * One score an image as scores of two classes, `[batch, 2]`: the second class has the higher one where a probability is above 0.5, a logit
 * above 0.
 */
export function twoClassScores(
  values: Float32Array,
  score: NonNullable<ModelCard['output']['score']>,
): Float32Array<ArrayBuffer> {
  const scores = new Float32Array(2 * values.length);
  values.forEach((value, image) => {
    scores[2 * image] = score === 'probability' ? 1 - value : 0;
    scores[2 * image + 1] = value;
  });
  return scores;
}
