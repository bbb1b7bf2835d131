import { damp } from '../algebra/cholesky';
import type { Matrix, MatrixProducts } from '../algebra/matrix-products';

/**
 * Weights for a given mask: the least-squares fit of what is left to the layer's output, by conjugate gradients with the diagonal of H as
 * preconditioner (Hestenes, Stiefel 1952). All rows go on at once, so that an iteration is one matrix product.
 */

/** The layer's inputs as the fit sees them. */
export interface DampedGram extends Matrix {
  diagonal: Float32Array;
}

const dampingShare = 0.01;
/** Multiplications below which a call of the runtime takes longer than they do; depthwise layers have thousands of such products. */
const smallProduct = 20_000;

/** @param gram changed in place. */
export function dampedGram(gram: Matrix): DampedGram {
  damp(gram, dampingShare);
  const { columns, data } = gram;
  return { ...gram, diagonal: Float32Array.from({ length: columns }, (_, at) => data[at * (columns + 1)]!) };
}

function smallMinusTimes({ rows, columns, data }: Matrix, gram: Matrix): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let at = 0; at < columns; at++) sum -= data[row * columns + at]! * gram.data[column * columns + at]!;
      result[row * columns + column] = sum;
    }
  return result;
}

/** a H of a symmetric H: minus the product that `MatrixProducts` computes. */
export async function minusTimes(a: Matrix, gram: Matrix, products: MatrixProducts): Promise<Float32Array> {
  if (a.rows * gram.data.length <= smallProduct) return smallMinusTimes(a, gram);
  const zeros: Matrix = { rows: a.rows, columns: gram.columns, data: new Float32Array(a.rows * gram.columns) };
  return (await products.subtract(zeros, a, gram)).data;
}

/**
 * Makes `weights` zero where `mask` is 1 and moves the others so that |(weights - target) X|^2 becomes small.
 * @param weights where the search starts; changed in place. @param mask same order.
 */
export async function fitMasked(
  weights: Matrix,
  target: Matrix,
  mask: Uint8Array,
  gram: DampedGram,
  iterations: number,
  products: MatrixProducts,
): Promise<void> {
  const { rows, columns, data } = weights;
  const { diagonal } = gram;
  for (let index = 0; index < mask.length; index++) if (mask[index] === 1) data[index] = 0;
  const difference = data.map((value, index) => value - target.data[index]!);
  // Minus the gradient, on the weights that are left.
  const residual = await minusTimes({ rows, columns, data: difference }, gram, products);
  const direction: Matrix = { rows, columns, data: new Float32Array(data.length) };
  const energy = new Float64Array(rows);
  const turn = (row: number): void => {
    let sum = 0;
    for (let column = 0, index = row * columns; column < columns; column++, index++)
      sum += (residual[index]! * residual[index]!) / diagonal[column]!;
    const carried = energy[row]! > 0 ? sum / energy[row]! : 0;
    energy[row] = sum;
    for (let column = 0, index = row * columns; column < columns; column++, index++)
      direction.data[index] = residual[index]! / diagonal[column]! + carried * direction.data[index]!;
  };
  for (let index = 0; index < mask.length; index++) if (mask[index] === 1) residual[index] = 0;
  for (let row = 0; row < rows; row++) turn(row);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const minusCurve = await minusTimes(direction, gram, products);
    for (let row = 0; row < rows; row++) {
      let curvature = 0;
      const [from, end] = [row * columns, (row + 1) * columns];
      for (let index = from; index < end; index++) curvature -= direction.data[index]! * minusCurve[index]!;
      const step = curvature > 0 ? energy[row]! / curvature : 0;
      for (let index = from; index < end; index++) {
        if (mask[index] === 1) continue;
        data[index]! += step * direction.data[index]!;
        residual[index]! += step * minusCurve[index]!;
      }
      turn(row);
    }
  }
}
