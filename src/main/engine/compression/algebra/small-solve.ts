import type { Matrix } from './matrix-products';

/** Up to this size a factorization by plain loops costs less than handing matrices to the runtime. */
export const smallSize = 64;

/** The lower factor L with L L^T = `matrix` (symmetric, `size` squared), rows of `size`; pivots that vanish count as tiny. */
export function choleskySmall(matrix: ArrayLike<number>, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  let largest = 0;
  for (let index = 0; index < size; index++) largest = Math.max(largest, matrix[index * (size + 1)]!);
  const least = largest > 0 ? largest * 1e-9 : 1;
  for (let column = 0; column < size; column++)
    for (let row = column; row < size; row++) {
      let sum = matrix[row * size + column]!;
      for (let index = 0; index < column; index++) sum -= lower[row * size + index]! * lower[column * size + index]!;
      lower[row * size + column] = row === column ? Math.sqrt(Math.max(sum, least)) : sum / lower[column * (size + 1)]!;
    }
  return lower;
}

/** Y with Y (H + damping * mean diagonal) = `right` `[rows, size]`, in double precision. */
export function solveSmall(
  { rows: size, data }: Matrix,
  right: Float64Array,
  rows: number,
  damping: number,
): Float64Array {
  const damped = Float64Array.from(data);
  let sum = 0;
  for (let index = 0; index < size; index++) sum += damped[index * (size + 1)]!;
  for (let index = 0; index < size; index++) damped[index * (size + 1)]! += sum > 0 ? (damping * sum) / size : 1;
  const lower = choleskySmall(damped, size);
  const result = right.slice();
  for (let row = 0; row < rows; row++) {
    const values = result.subarray(row * size, (row + 1) * size);
    for (let at = 0; at < size; at++) {
      let value = values[at]!;
      for (let before = 0; before < at; before++) value -= values[before]! * lower[at * size + before]!;
      values[at] = value / lower[at * (size + 1)]!;
    }
    for (let at = size - 1; at >= 0; at--) {
      let value = values[at]!;
      for (let after = at + 1; after < size; after++) value -= values[after]! * lower[after * size + at]!;
      values[at] = value / lower[at * (size + 1)]!;
    }
  }
  return result;
}
