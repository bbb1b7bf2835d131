import { factorInputs, solveWithFactor } from './layer-reconstruction';
import { centreGrams, shrunkGram, type GramSums } from '../calibration/gram';
import { subMatrix, type Matrix, type MatrixProducts } from '../algebra/matrix-products';
import { solveSmall, smallSize } from '../algebra/small-solve';
import type { WeightRows } from '../layers/weight-rows';

/**
 * Least-squares refit (He et al. 2017, "Channel pruning for accelerating very deep neural networks"): the weights W' of a layer that sees
 * other inputs than before, or fewer of them, so that its output stays what it was: min |W r - W' x|^2 over calibration images.
 */
export interface RefitProblem {
  /** W `[outputs, inputs]`: what the layer computed on the reference inputs r. */
  weights: Matrix;
  /** H = sum x x^T over the inputs it reads now, `[kept, kept]`. */
  gram: Matrix;
  /** C = sum r x^T, `[inputs, kept]`. */
  cross: Matrix;
  /** `[outputs, kept]`: the weights that damping pulls towards, usually the kept columns of W. */
  start: Matrix;
  /** sum e x^T, `[outputs, kept]`: what the output is to have on top of W r, such as the error of the branch it is added to. */
  extra?: Matrix;
  /** How many x there were: the fewer for each column, the less correlations between inputs are believed. */
  count: number;
}

const dampingShare = 0.01;

/**
 * W' = W0 + (W C + E - W0 H) H~^-1 `[outputs, kept]`, where H~ is H shrunk towards its diagonal and damped. Exactly the least-squares
 * solution as the samples grow and `damping` goes to 0. With `gram`, `cross` and `extra` centred, the bias is to make up for the means.
 */
export async function leastSquaresRefit(
  { weights, gram, cross, start, extra, count }: RefitProblem,
  products: MatrixProducts,
  damping = dampingShare,
): Promise<Matrix> {
  const shrunk = shrunkGram(gram, count);
  if (gram.rows <= smallSize) return refitSmall({ weights, gram, cross, start, extra, count }, shrunk, damping);
  const zeros = { ...start, data: new Float32Array(start.data.length) };
  const negative = { ...weights, data: weights.data.map((value) => -value) };
  const wanted = await products.subtract(extra ?? zeros, negative, cross);
  const missing = await products.subtract(wanted, start, gram);
  const factor = await factorInputs(shrunk, products, damping);
  return added(start, await solveWithFactor(missing, factor, products));
}

function added(a: Matrix, b: Matrix): Matrix {
  return { ...a, data: a.data.map((value, index) => value + b.data[index]!) };
}

/** The same in double precision, without the runtime: depthwise convolutions have hundreds of tiny problems. */
function refitSmall({ weights, gram, cross, start, extra }: RefitProblem, shrunk: Matrix, damping: number): Matrix {
  const { rows, columns } = start;
  const missing = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = extra?.data[row * columns + column] ?? 0;
      for (let input = 0; input < weights.columns; input++)
        sum += weights.data[row * weights.columns + input]! * cross.data[input * columns + column]!;
      for (let input = 0; input < columns; input++)
        sum -= start.data[row * columns + input]! * gram.data[input * columns + column]!;
      missing[row * columns + column] = sum;
    }
  const step = solveSmall(shrunk, missing, rows, damping);
  return added(start, { rows, columns, data: Float32Array.from(step) });
}

/** Chosen columns of a matrix. */
export function pickColumns({ rows, columns, data }: Matrix, kept: ArrayLike<number>): Matrix {
  const picked = new Float32Array(rows * kept.length);
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < kept.length; at++) picked[row * kept.length + at] = data[row * columns + kept[at]!]!;
  return { rows, columns: kept.length, data: picked };
}

/** Chosen rows of a matrix. */
export function pickRows({ columns, data }: Matrix, kept: ArrayLike<number>): Matrix {
  const picked = new Float32Array(kept.length * columns);
  for (let at = 0; at < kept.length; at++)
    picked.set(data.subarray(kept[at]! * columns, (kept[at]! + 1) * columns), at * columns);
  return { rows: kept.length, columns, data: picked };
}

/**
 * A whole layer refitted on the columns kept, group after group of a convolution.
 * @param sums as gathered, not centred yet; centred in place. @param kept columns within a group, ascending; all where absent.
 * @returns `data` in the shape of `rows.data` with zeros elsewhere, and what to add to the bias of each output channel.
 */
export async function refitLayer(
  rows: WeightRows,
  sums: GramSums,
  products: MatrixProducts,
  kept: ArrayLike<number> = Array.from({ length: rows.columns }, (_, column) => column),
  damping = dampingShare,
): Promise<{ data: Float32Array; biasShift: Float64Array }> {
  const { columns, groups } = rows;
  const perGroup = rows.rows / groups;
  centreGrams(sums);
  const data = new Float32Array(rows.data.length);
  const biasShift = new Float64Array(rows.rows);
  for (let group = 0; group < groups; group++) {
    const weights = subMatrix(rows, group * perGroup, (group + 1) * perGroup, 0, columns);
    const problem: RefitProblem = {
      weights,
      gram: pickRows(pickColumns(sums.grams[group]!, kept), kept),
      cross: pickColumns(sums.crosses[group]!, kept),
      start: pickColumns(weights, kept),
      count: sums.count,
    };
    const refitted = await leastSquaresRefit(problem, products, damping);
    for (let row = 0; row < perGroup; row++) {
      const output = group * perGroup + row;
      let shift = 0;
      for (let column = 0; column < columns; column++)
        shift += weights.data[row * columns + column]! * sums.referenceSums[group * columns + column]!;
      for (let at = 0; at < kept.length; at++) {
        const value = refitted.data[row * kept.length + at]!;
        data[output * columns + kept[at]!] = value;
        shift -= value * sums.sums[group * columns + kept[at]!]!;
      }
      biasShift[output] = shift / sums.count;
    }
  }
  return { data, biasShift };
}
