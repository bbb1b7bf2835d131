import type { Matrix, MatrixProducts } from '../algebra/matrix-products';
import type { LayerProblem } from '../reconstruction/second-order';
import { minusTimes } from '../reconstruction/sparse-reconstruction';

/** So that an output of which hardly anything is left does not come back as noise. */
const largestGain = 2;

/** w H w^T of each row. */
async function energies(weights: Matrix, gram: Matrix, products: MatrixProducts): Promise<Float64Array> {
  const { rows, columns, data } = weights;
  const minusCurve = await minusTimes(weights, gram, products);
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let index = row * columns; index < (row + 1) * columns; index++) sum -= minusCurve[index]! * data[index]!;
    return sum;
  });
}

/**
 * Scales rows so that each output of a layer spreads as far as that of its target. A least-squares fit with fewer weights is a projection:
 * what it cannot explain is missing from its spread, and from layer to layer the signal fades.
 * @param weights in the order of the problem's rows; changed in place.
 */
export async function restoreSpread({ groups, products }: LayerProblem, weights: Float32Array): Promise<void> {
  const size = weights.length / groups.length;
  for (const [group, { target, gram }] of groups.entries()) {
    const own: Matrix = { ...target, data: weights.subarray(group * size, (group + 1) * size) };
    const [wanted, found] = [await energies(target, gram, products), await energies(own, gram, products)];
    own.data.forEach((value, index) => {
      const row = Math.floor(index / own.columns);
      if (found[row]! <= 0 || wanted[row]! <= 0) return;
      own.data[index] = value * Math.min(largestGain, Math.sqrt(wanted[row]! / found[row]!));
    });
  }
}
