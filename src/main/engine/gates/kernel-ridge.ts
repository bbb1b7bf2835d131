import { symmetricEigen } from '../compression/algebra/symmetric-eigen';
import { zeros, type Matrix, type MatrixProducts } from '../compression/algebra/matrix-products';
import { transposed } from '../compression/algebra/transpose-matrix';

/** Penalties that are tried, in units of the mean eigenvalue. */
const penalties = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

export interface Regression {
  /** `[outputs, inputs]`. */
  weight: Matrix;
  /** `[outputs]`. */
  bias: Float64Array;
}

/**
 * Ridge regression of few samples on many inputs, each in units of its own spread, in its dual form (Saunders, Gammerman and Vovk 1998, "Ridge
 * regression learning algorithm in dual variables"). The penalty is the one with the least error on samples left out one at a time, which follows from
 * the eigenvalues without fitting anew; where none does better than the mean, weights are zero.
 * @param x `[samples, inputs]`. @param y `[samples, outputs]`. Neither is changed.
 */
export async function kernelRidge(x: Matrix, y: Matrix, products: MatrixProducts): Promise<Regression> {
  const [own, wanted] = [standardized(x, true), standardized(y, false)];
  const samples = x.rows;
  const gram = await products.timesTransposed(own.matrix, own.matrix);
  const { values, vectors } = symmetricEigen(gram.data, samples);
  const basis: Matrix = { rows: samples, columns: samples, data: Float32Array.from(vectors) };
  const across = transposed(basis);
  const turned = await products.times(basis, wanted.matrix);
  const mean = values.reduce((sum, value) => sum + Math.max(0, value), 0) / samples;

  /** Outputs of the fit, and the squared error of samples left out: residuals over one less their leverage. */
  const errorAt = async (penalty: number): Promise<number> => {
    const shares = values.map((value) => Math.max(0, value) / (Math.max(0, value) + penalty));
    const fitted = await products.times(across, scaledRows(turned, shares));
    let error = 0;
    for (let row = 0; row < samples; row++) {
      let leverage = 1 / samples;
      for (let at = 0; at < samples; at++) leverage += shares[at]! * basis.data[at * samples + row]! ** 2;
      const left = 1 / Math.max(1e-3, 1 - leverage);
      for (let at = row * y.columns; at < (row + 1) * y.columns; at++)
        error += ((wanted.matrix.data[at]! - fitted.data[at]!) * left) ** 2;
    }
    return error;
  };

  let best = { penalty: Infinity, error: await errorAt(Infinity) };
  for (const share of mean > 0 && samples > 2 ? penalties : []) {
    const penalty = share * mean;
    const error = await errorAt(penalty);
    if (error < best.error) best = { penalty, error };
  }
  const weight = zeros(y.columns, x.columns);
  if (best.penalty < Infinity) {
    const inverse = values.map((value) => 1 / (Math.max(0, value) + best.penalty));
    const dual = await products.times(across, scaledRows(turned, inverse));
    const scaled = await products.times(transposed(dual), own.matrix);
    weight.data.set(scaled.data.map((value, at) => value * own.scales[at % x.columns]!));
  }
  const bias = Float64Array.from(wanted.means, (start, row) =>
    own.means.reduce((sum, value, at) => sum - weight.data[row * x.columns + at]! * value, start),
  );
  return { weight, bias };
}

export function columnMeans({ rows, columns, data }: Matrix): Float64Array {
  const means = new Float64Array(columns);
  data.forEach((value, at) => (means[at % columns]! += value / rows));
  return means;
}

/** Columns less their means and, where it is asked for, over their spread. */
function standardized(
  matrix: Matrix,
  isScaled: boolean,
): { matrix: Matrix; means: Float64Array; scales: Float64Array } {
  const { rows, columns, data } = matrix;
  const [means, squares] = [columnMeans(matrix), new Float64Array(columns)];
  data.forEach((value, at) => (squares[at % columns]! += (value - means[at % columns]!) ** 2 / rows));
  // What never changes tells nothing.
  const scales = squares.map((square) => (!isScaled ? 1 : square > 1e-12 ? 1 / Math.sqrt(square) : 0));
  const moved = data.map((value, at) => (value - means[at % columns]!) * scales[at % columns]!);
  return { matrix: { rows, columns, data: moved }, means, scales };
}

const scaledRows = (matrix: Matrix, scales: Float64Array): Matrix => ({
  ...matrix,
  data: matrix.data.map((value, at) => value * scales[Math.floor(at / matrix.columns)]!),
});
