import type { Quantizer } from './layer-reconstruction';
import { subMatrix, type Matrix, type MatrixProducts } from '../algebra/matrix-products';

const blockSize = 128;

/**
 * One pass of coordinate descent, in place: each weight in turn takes the value that is best while all others stay as they are. What
 * `reconstruct` chooses early it never looks at again; this does (Behdin et al. 2023, "QuantEase").
 * @param values what the quantizer gave so far, `[outputs, inputs]`. @param target the weights whose outputs are wanted. @param gram
 * of the layer's inputs, damped.
 */
export async function descend(
  values: Matrix,
  target: Matrix,
  gram: Matrix,
  quantizer: Quantizer,
  products: MatrixProducts,
): Promise<void> {
  const { rows, columns } = values;
  const excess: Matrix = { rows, columns, data: values.data.map((value, index) => value - target.data[index]!) };
  for (let start = 0; start < columns; start += blockSize) {
    const end = Math.min(columns, start + blockSize);
    const width = end - start;
    const zeros: Matrix = { rows, columns: width, data: new Float32Array(rows * width) };
    const pulls = (await products.subtract(zeros, excess, subMatrix(gram, 0, columns, start, end))).data;
    for (let row = 0; row < rows; row++) {
      const pull = pulls.subarray(row * width, (row + 1) * width);
      for (let at = 0; at < width; at++) {
        const column = start + at;
        const index = row * columns + column;
        const pivot = gram.data[column * columns + column]!;
        const known = values.data[index]!;
        const value = quantizer(row, column, known + pull[at]! / pivot, pivot);
        if (value === known) continue;
        values.data[index] = value;
        const change = value - known;
        excess.data[index]! += change;
        const line = column * columns + start;
        for (let other = 0; other < width; other++) pull[other]! -= change * gram.data[line + other]!;
      }
    }
  }
}
