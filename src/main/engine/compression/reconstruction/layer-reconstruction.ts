import { cholesky, damp, invertLower } from '../algebra/cholesky';
import { subMatrix, type Matrix, type MatrixProducts } from '../algebra/matrix-products';

/**
 * Layer reconstruction: weights are made cheap one column after the other, and each column's error is made up for by those still to come,
 * so that the layer's *output* on calibration images changes least. This is OBQ with a fixed order of columns (Frantar et al. 2022,
 * "GPTQ"), written on the Cholesky factor of the Gram matrix itself rather than of its inverse: with H = L L^T the output error of a row
 * e = w - q is |e L|^2, and taking columns from last to first, the best value for column i is w_i + sum_{j>i} e_j L_ji / L_ii.
 */
export interface Quantizer {
  /** The cheap value for `value` in row `row` of the weights, column `column`; `loss` is the output error per squared unit there. */
  (row: number, column: number, value: number, loss: number): number;
}

const blockSize = 128;
/** Of the mean diagonal element, what is added to all. */
export const dampingShare = 0.01;
/**
 * How much of the errors of earlier layers a layer makes up for. All of it fits the calibration images rather than new ones: mobilenetv2 in 3-bit
 * tables then answers 18 % farther from the float network (Kullback-Leibler divergence) than with half of it, and with a quarter it is no nearer.
 */
const retargetShare = 0.5;

/** Columns by importance: what matters most is quantized first, while most columns are left to make up for it. */
function columnOrder(gram: Matrix): Uint32Array {
  const importance = (column: number): number => gram.data[column * gram.columns + column]!;
  return Uint32Array.from({ length: gram.columns }, (_, column) => column).sort(
    (a, b) => importance(a) - importance(b) || a - b,
  );
}

function permuted(gram: Matrix, order: Uint32Array): Matrix {
  const { columns, data } = gram;
  const result = new Float32Array(data.length);
  for (let row = 0; row < columns; row++) {
    const from = order[row]! * columns;
    // The factorization reads the lower half only.
    for (let column = 0; column <= row; column++) result[row * columns + column] = data[from + order[column]!]!;
  }
  return { rows: columns, columns, data: result };
}

/** What `reconstruct` needs of a layer's inputs; made once for all rows of weights. */
export interface InputFactor {
  lower: Matrix;
  /** Position in the factor -> column of the weights. */
  order: Uint32Array;
}

/** @param gram H = sum x x^T over the layer's inputs, `[columns, columns]`; not changed. */
export async function factorInputs(
  gram: Matrix,
  products: MatrixProducts,
  damping = dampingShare,
): Promise<InputFactor> {
  const order = columnOrder(gram);
  const ordered = permuted(gram, order);
  damp(ordered, damping);
  return { lower: await cholesky(ordered, products, ordered), order };
}

/** Y with Y L L^T = `right`, columns in the factor's order. Blocks on the diagonal are inverted, so that all else are products. */
export async function solve(right: Matrix, lower: Matrix, products: MatrixProducts): Promise<Matrix> {
  const { rows, columns } = right;
  const result: Matrix = { rows, columns, data: right.data.slice() };
  const starts = Array.from({ length: Math.ceil(columns / blockSize) }, (_, block) => block * blockSize);
  const ends = starts.map((start) => Math.min(columns, start + blockSize));
  const inverses = starts.map((start, block): Matrix => {
    const width = ends[block]! - start;
    const own = Float64Array.from(subMatrix(lower, start, ends[block]!, start, ends[block]!).data);
    return { rows: width, columns: width, data: Float32Array.from(invertLower(own, width)) };
  });
  for (const [block, start] of starts.entries()) {
    const rest = await lessSolved(result, [0, start], [start, ends[block]!], async (c, solved) =>
      products.subtractTransposed(c, solved, subMatrix(lower, start, ends[block]!, 0, start)),
    );
    putColumns(result, start, await products.timesTransposed(rest, inverses[block]!));
  }
  for (const [block, start] of [...starts.entries()].reverse()) {
    const end = ends[block]!;
    const rest = await lessSolved(result, [end, columns], [start, end], async (c, solved) =>
      products.subtract(c, solved, subMatrix(lower, end, columns, start, end)),
    );
    putColumns(result, start, await products.times(rest, inverses[block]!));
  }
  return result;
}

/** Y with Y H = `right` `[rows, columns]`, for the H that `factorInputs` factored; columns in the order of H. */
export async function solveWithFactor(
  right: Matrix,
  { lower, order }: InputFactor,
  products: MatrixProducts,
): Promise<Matrix> {
  const { rows, columns } = right;
  const moved = (source: Float32Array, isBack: boolean): Matrix => {
    const data = new Float32Array(source.length);
    for (let row = 0; row < rows; row++)
      for (let at = 0; at < columns; at++) {
        const [here, there] = [row * columns + at, row * columns + order[at]!];
        if (isBack) data[there] = source[here]!;
        else data[here] = source[there]!;
      }
    return { rows, columns, data };
  };
  return moved((await solve(moved(right.data, false), lower, products)).data, true);
}

/** The columns of a block, less what the columns solved already take from them. */
async function lessSolved(
  matrix: Matrix,
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  subtract: (block: Matrix, solved: Matrix) => Promise<Matrix>,
): Promise<Matrix> {
  const block = subMatrix(matrix, 0, matrix.rows, start, end);
  return from === to ? block : subtract(block, subMatrix(matrix, 0, matrix.rows, from, to));
}

/** Replaces the columns from `start` on, in place. */
function putColumns({ columns, data }: Matrix, start: number, block: Matrix): void {
  for (let row = 0; row < block.rows; row++)
    data.set(block.data.subarray(row * block.columns, (row + 1) * block.columns), row * columns + start);
}

/**
 * The weights that, on the inputs at hand, come nearest to what `weights` give on the reference inputs r are W + (sum e x^T) H^-1 with e = W r - W x:
 * they make up for errors made in the layers before (Li et al. 2025, "GPTAQ"). This goes a share of that way, by ridge regression:
 * where H is shrunk, what it divides is shrunk as much.
 * @param errors sum e x^T. @param share what `believedShare` left of the sums of H.
 */
export async function retarget(
  weights: Matrix,
  errors: Matrix,
  share: number,
  factor: InputFactor,
  products: MatrixProducts,
): Promise<Matrix> {
  const moved = await solveWithFactor(errors, factor, products);
  const scale = retargetShare * share;
  return { ...weights, data: weights.data.map((value, at) => value + scale * moved.data[at]!) };
}

/**
 * The rows of `weights` as the quantizer makes them, with the error of each weight spread over those after it.
 * @param weights `[outputs, inputs]`, not changed.
 */
export async function reconstruct(
  weights: Matrix,
  { lower, order }: InputFactor,
  quantizer: Quantizer,
  products: MatrixProducts,
): Promise<Matrix> {
  const { rows, columns } = weights;
  const result: Matrix = { rows, columns, data: new Float32Array(rows * columns) };
  // In the factor's order: minus the errors of the columns done.
  const errors: Matrix = { rows, columns, data: new Float32Array(rows * columns) };
  for (let end = columns; end > 0; end -= blockSize) {
    const start = Math.max(0, end - blockSize);
    const width = end - start;
    let carried: Matrix = { rows, columns: width, data: new Float32Array(rows * width) };
    if (end < columns) {
      const done = subMatrix(errors, 0, rows, end, columns);
      carried = await products.subtract(carried, done, subMatrix(lower, end, columns, start, end));
    }
    const block = subMatrix(lower, start, end, start, end).data;
    for (let row = 0; row < rows; row++) {
      const sums = carried.data.subarray(row * width, (row + 1) * width);
      for (let at = width - 1; at >= 0; at--) {
        const column = order[start + at]!;
        const weight = weights.data[row * columns + column]!;
        const pivot = block[at * width + at]!;
        const value = quantizer(row, column, weight + sums[at]! / pivot, pivot * pivot);
        result.data[row * columns + column] = value;
        const error = weight - value;
        errors.data[row * columns + start + at] = -error;
        for (let before = 0; before < at; before++) sums[before]! += error * block[at * width + before]!;
      }
    }
  }
  return result;
}

/** |(a - b) X|^2 summed over rows: the squared change of the layer's output. */
export function outputError(a: Matrix, b: Matrix, gram: Matrix): number {
  const { rows, columns } = a;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const errors = Float64Array.from(
      { length: columns },
      (_, at) => a.data[row * columns + at]! - b.data[row * columns + at]!,
    );
    for (let i = 0; i < columns; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += gram.data[i * columns + j]! * errors[j]!;
      total += sum * errors[i]!;
    }
  }
  return total;
}
