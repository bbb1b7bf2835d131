/** Root of the mean square of weights for which learning rates of recipes are meant; that of a usual convolution. */
const usualSize = 0.05;

/**
 * How many times the learning rate of a step suits numbers that move many weights of this size at once: optimisers whose steps do not
 * depend on the scale of gradients would move small layers too far and large ones hardly.
 */
export function relativeRate(weights: Float32Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight * weight;
  return Math.sqrt(sum / Math.max(1, weights.length)) / usualSize;
}
