import { addGrams, centreGrams, type GramSums } from '../calibration/gram';
import type { InputColumns } from '../calibration/input-columns';
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

/** Parts into which few images go, one held out at a time; half of many is enough to fit to. */
const usualFolds = 4;
const manyImages = 64;
/** Sums larger than this are kept in two parts too, for the sake of memory. */
const largeSums = 8 * 2 ** 20;

/** How many parts the sums of a layer are to be kept in. */
export const foldsFor = ({ groups, columns }: InputColumns, images: number): number =>
  images >= manyImages || groups * columns ** 2 > largeSums ? 2 : usualFolds;

/** e - S x, group after group: of sums as of means. */
function leftOver(steps: readonly Matrix[], inputs: Float64Array, errors: Float64Array): Float64Array {
  const left = errors.slice();
  steps.forEach(({ rows, columns, data }, group) => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        left[group * rows + row]! -= data[row * columns + column]! * inputs[group * columns + column]!;
  });
  return left;
}

/** The bias that goes with changed weights: what is left of the error on average. */
const biasOf = (steps: readonly Matrix[], { sums, errorSums, count }: GramSums): Float64Array =>
  leftOver(steps, sums, errorSums).map((sum) => sum / count);

const stepsOf = async (sums: GramSums, strength: number, products: MatrixProducts): Promise<Matrix[]> => {
  const steps: Matrix[] = [];
  for (const [group, gram] of sums.grams.entries())
    steps.push(await ridgeStep({ gram, errors: sums.errors[group]!, count: sums.count }, strength, products));
  return steps;
};

/**
 * The refit of a layer by ridge regression whose penalty is chosen on held-out images: what is fitted to all parts but one is judged on that one
 * (cross-validation, Stone 1974). Leaving the weights, or all, as they are is one of the choices, so that a refit from too few images is dropped.
 * @param parts sums over parts of the images, not centred. @returns an empty refit where there are images for one part only.
 */
export async function checkedRefit(
  parts: readonly GramSums[],
  { bias, weights }: RefitFreedom,
  products: MatrixProducts,
): Promise<LayerRefit> {
  const folds = parts.filter(({ count }) => count > 0);
  if (folds.length < 2) return { steps: [], strength: Infinity };
  const total = folds.reduce((all, fold) => addGrams(all, fold));

  const fit = async (sums: GramSums, strength: number): Promise<Omit<LayerRefit, 'strength'>> => {
    if (bias) centreGrams(sums);
    const steps = strength === Infinity ? [] : await stepsOf(sums, strength, products);
    return { steps, ...(bias && { biasShift: biasOf(steps, sums) }) };
  };
  /** What a fit adds to the squared error of the images it has not seen; below 0 where it helps. */
  const errorAt = async (strength: number): Promise<number> => {
    let error = 0;
    for (const held of folds) {
      const { steps, biasShift } = await fit(addGrams(total, held, -1), strength);
      for (const [group, step] of steps.entries())
        error += await addedError(step, { gram: held.grams[group]!, errors: held.errors[group]! }, products);
      const left = leftOver(steps, held.sums, held.errorSums);
      biasShift?.forEach((shift, row) => (error += shift * (held.count * shift - 2 * left[row]!)));
    }
    return error;
  };

  let best = { strength: Infinity, error: await errorAt(Infinity) };
  if (weights) {
    const found = await leastError(errorAt);
    if (found.error < best.error) best = found;
  }
  return best.error < 0
    ? { ...(await fit(total, best.strength)), strength: best.strength }
    : { steps: [], strength: Infinity };
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
