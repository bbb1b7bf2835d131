import { believedShare } from '../calibration/shrunk-gram';
import type { Matrix, MatrixProducts } from '../algebra/matrix-products';
import { smallSize, solveSmall } from '../algebra/small-solve';
import { dampingShare, factorInputs, solveWithFactor } from './layer-reconstruction';

/** What a layer misses, e, against its inputs x: the sums that a change of its weights is found from. */
export interface RidgeProblem {
  /** H = sum x x^T, `[columns, columns]`. */
  gram: Matrix;
  /** M = sum e x^T, `[outputs, columns]`. */
  errors: Matrix;
  /** How many x. */
  count: number;
}

/**
 * Ridge regression towards the weights as they are (Hoerl and Kennard 1970, "Ridge regression: biased estimation for nonorthogonal problems"):
 * the change S `[outputs, columns]` of the weights with the least sum |e - S x|^2 + tr(S L S^T), which is S = M (H + L)^-1. With W the weights
 * and y = W x + e what the layer is to give this is min |W' X - Y|^2 + tr((W' - W) L (W' - W)^T) at W' = W + S.
 *
 * L = l D + 0.01 (1 + l) mean(D) I with D = diag(H) and l = strength * columns / count: a prior of the same size for each input in units of its own
 * spread, whose influence wanes as samples come in, and a little for inputs that are nearly dead. With strength 1 the first is H shrunk towards
 * its diagonal, with M shrunk by the same share. Centred sums leave the means to the bias.
 */
export async function ridgeStep(
  { gram, errors, count }: RidgeProblem,
  strength: number,
  products: MatrixProducts,
): Promise<Matrix> {
  // Both sides times 1 / (1 + l), which keeps them in the range of float32 whatever the strength.
  const share = believedShare(strength * gram.columns, count);
  const shrunk: Matrix = { ...gram, data: gram.data.map((value) => value * share) };
  for (let at = 0; at < gram.data.length; at += gram.columns + 1) shrunk.data[at] = gram.data[at]!;
  const right = errors.data.map((value) => value * share);
  if (gram.rows > smallSize)
    return solveWithFactor({ ...errors, data: right }, await factorInputs(shrunk, products, dampingShare), products);
  // In double precision, without the runtime: depthwise convolutions have hundreds of tiny problems.
  const step = solveSmall(shrunk, Float64Array.from(right), errors.rows, dampingShare);
  return { ...errors, data: Float32Array.from(step) };
}

/** sum |e - S x|^2 - sum |e|^2 = tr(S H S^T) - 2 tr(S M^T): what a change of the weights adds to the squared error of other samples. */
export async function addedError(
  step: Matrix,
  { gram, errors }: Omit<RidgeProblem, 'count'>,
  products: MatrixProducts,
): Promise<number> {
  const image = gram.rows > smallSize ? (await products.times(step, gram)).data : smallTimes(step, gram);
  return step.data.reduce((sum, value, at) => sum + value * (image[at]! - 2 * errors.data[at]!), 0);
}

/** a b of a symmetric b. */
function smallTimes({ rows, columns, data }: Matrix, b: Matrix): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < columns; at++) {
      const value = data[row * columns + at]!;
      for (let column = 0; column < columns; column++)
        result[row * columns + column]! += value * b.data[at * columns + column]!;
    }
  return result;
}
