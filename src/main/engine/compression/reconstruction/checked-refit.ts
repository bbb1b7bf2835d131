import { centreGrams, joinGrams, type GramSums } from '../calibration/gram';
import type { Matrix, MatrixProducts } from '../algebra/matrix-products';
import { addedError, ridgeStep } from './ridge-regression';

/** How a layer is to change; empty where nothing helps on images that it was not fitted to. */
export interface LayerRefit {
  /** To be added to the weights, group after group `[outputs of the group, columns]`; none where the weights stay. */
  steps: Matrix[];
  /** To be added to the bias, `[outputs]`. */
  biasShift?: Float64Array;
  /** The penalty chosen; infinite where the weights stay. */
  strength: number;
}

export interface RefitFreedom {
  /** There is a bias that may change; sums are centred then. */
  bias: boolean;
  weights: boolean;
}

/** Penalties that are tried, from the usual one to both sides as long as the error falls. */
const strengths = [1 / 16, 1 / 4, 1, 4, 16, 64];
const usual = 2;

/** e and x over the samples, on average. */
interface Means {
  inputs: Float64Array;
  errors: Float64Array;
}

const meansOf = ({ sums, errorSums, count }: GramSums): Means => ({
  inputs: sums.map((sum) => sum / count),
  errors: errorSums.map((sum) => sum / count),
});

/** The bias that goes with changed weights: what is left of the error on average. */
function biasOf(steps: readonly Matrix[], { inputs, errors }: Means): Float64Array {
  const bias = errors.slice();
  steps.forEach(({ rows, columns, data }, group) => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        bias[group * rows + row]! -= data[row * columns + column]! * inputs[group * columns + column]!;
  });
  return bias;
}

const stepsOf = async (sums: GramSums, strength: number, products: MatrixProducts): Promise<Matrix[]> => {
  const steps: Matrix[] = [];
  for (const [group, gram] of sums.grams.entries())
    steps.push(await ridgeStep({ gram, errors: sums.errors[group]!, count: sums.count }, strength, products));
  return steps;
};

/**
 * The refit of a layer by ridge regression whose penalty is chosen on held-out images: each half of them is fitted and judged on the other (two-fold
 * cross-validation, Stone 1974). Leaving the weights, or all, as they are is one of the choices, so that a refit from too few images is dropped.
 * @param folds sums over two halves of the images; used up. @returns an empty refit where a half has no images.
 */
export async function checkedRefit(
  [first, second]: readonly [GramSums, GramSums],
  { bias, weights }: RefitFreedom,
  products: MatrixProducts,
): Promise<LayerRefit> {
  if (first.count === 0 || second.count === 0) return { steps: [], strength: Infinity };
  const folds = [first, second];
  if (bias) folds.forEach(centreGrams);
  const means = folds.map(meansOf);
  /** Squared error of the means, which centred sums do not have. */
  const meanError = (errors: Float64Array, count: number): number =>
    bias ? count * errors.reduce((sum, value) => sum + value ** 2, 0) : 0;

  const errorAt = async (strength: number): Promise<number> => {
    let error = 0;
    for (const [at, fitted] of folds.entries()) {
      const held = folds[1 - at]!;
      const steps = strength === Infinity ? [] : await stepsOf(fitted, strength, products);
      for (const [group, step] of steps.entries())
        error += await addedError(step, { gram: held.grams[group]!, errors: held.errors[group]! }, products);
      const [made, left] = [biasOf(steps, means[at]!), biasOf(steps, means[1 - at]!)];
      error += meanError(
        left.map((value, row) => value - made[row]!),
        held.count,
      );
    }
    return error;
  };

  const unchanged = folds.reduce((sum, { count }, at) => sum + meanError(means[at]!.errors, count), 0);
  let best = { strength: Infinity, error: await errorAt(Infinity) };
  if (weights) {
    const found = await leastError(errorAt);
    if (found.error < best.error) best = found;
  }
  if (best.error > unchanged || (best.strength === Infinity && !bias)) return { steps: [], strength: Infinity };
  const total = joinGrams(first, second, bias);
  const steps = best.strength === Infinity ? [] : await stepsOf(total, best.strength, products);
  return { steps, strength: best.strength, ...(bias && { biasShift: biasOf(steps, meansOf(total)) }) };
}

/** From the usual strength downhill. */
async function leastError(
  errorAt: (strength: number) => Promise<number>,
): Promise<{ strength: number; error: number }> {
  const start = { strength: strengths[usual]!, error: await errorAt(strengths[usual]!) };
  for (const direction of [1, -1]) {
    let best = start;
    for (let at = usual + direction; at >= 0 && at < strengths.length; at += direction) {
      const next = { strength: strengths[at]!, error: await errorAt(strengths[at]!) };
      if (next.error >= best.error) break;
      best = next;
    }
    if (best !== start) return best;
  }
  return start;
}
