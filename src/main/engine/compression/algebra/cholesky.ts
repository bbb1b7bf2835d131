import { subMatrix, zeros, type Matrix, type MatrixProducts } from './matrix-products';

const blockSize = 192;
/** A pivot below this share of the largest diagonal element counts as zero. */
const smallestPivot = 1e-7;

/** Adds `share` of the mean diagonal element to the diagonal, in place; dead rows (zero on the diagonal) get 1 where all are dead. */
export function damp({ rows, data }: Matrix, share: number): void {
  let sum = 0;
  for (let index = 0; index < rows; index++) sum += data[index * rows + index]!;
  const amount = sum > 0 ? (share * sum) / rows : 1;
  for (let index = 0; index < rows; index++) data[index * rows + index]! += amount;
}

/** The lower factor of a small matrix held as rows of `size` numbers, in place; what is above the diagonal becomes 0. */
function factorBlock(block: Float64Array, size: number, leastPivot: number): void {
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let sum = block[row * size + column]!;
      for (let index = 0; index < column; index++) sum -= block[row * size + index]! * block[column * size + index]!;
      block[row * size + column] =
        row === column ? Math.sqrt(Math.max(sum, leastPivot)) : sum / block[column * size + column]!;
    }
    block.fill(0, column * size + column + 1, (column + 1) * size);
  }
}

/** The inverse of a small lower triangular matrix. */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let sum = row === column ? 1 : 0;
      for (let index = column; index < row; index++)
        sum -= lower[row * size + index]! * inverse[index * size + column]!;
      inverse[row * size + column] = sum / lower[row * size + row]!;
    }
  }
  return inverse;
}

/**
 * The lower triangular L with L L^T = `matrix` (symmetric, positive definite after `damp`); only its lower half is read. Blocked and
 * left-looking, the products by the runtime. A pivot that rounding makes negative counts as tiny.
 * @param lower where L goes, zero above the diagonal; the matrix itself may take it
 */
export async function cholesky(
  matrix: Matrix,
  products: MatrixProducts,
  lower = zeros(matrix.rows, matrix.rows),
): Promise<Matrix> {
  const size = matrix.rows;
  let largest = 0;
  for (let index = 0; index < size; index++) largest = Math.max(largest, matrix.data[index * size + index]!);
  for (let start = 0; start < size; start += blockSize) {
    const end = Math.min(size, start + blockSize);
    const width = end - start;
    let panel = subMatrix(matrix, start, size, start, end);
    if (start > 0) {
      const left = subMatrix(lower, start, size, 0, start);
      panel = await products.subtractTransposed(panel, left, subMatrix(left, 0, width, 0, start));
    }
    const block = Float64Array.from(panel.data.subarray(0, width * width));
    factorBlock(block, width, largest * smallestPivot);
    for (let row = 0; row < width; row++)
      for (let column = 0; column <= row; column++)
        lower.data[(start + row) * size + start + column] = block[row * width + column]!;
    if (end === size) break;
    const below = subMatrix(panel, width, panel.rows, 0, width);
    const inverse: Matrix = { rows: width, columns: width, data: Float32Array.from(invertLower(block, width)) };
    const solved = await products.timesTransposed(below, inverse);
    for (let row = 0; row < solved.rows; row++)
      lower.data.set(solved.data.subarray(row * width, (row + 1) * width), (end + row) * size + start);
  }
  return lower;
}

/** The diagonal of (L L^T)^-1: squared column lengths of L^-1, which is found block row by block row. */
export async function inverseDiagonal(lower: Matrix, products: MatrixProducts): Promise<Float32Array> {
  const size = lower.rows;
  const inverse: Matrix = { rows: size, columns: size, data: new Float32Array(size * size) };
  const sums = new Float64Array(size);
  for (let start = 0; start < size; start += blockSize) {
    const end = Math.min(size, start + blockSize);
    const width = end - start;
    const own = invertLower(Float64Array.from(subMatrix(lower, start, end, start, end).data), width);
    let left: Matrix = { rows: width, columns: start, data: new Float32Array(width * start) };
    if (start > 0) {
      const solved = subMatrix(inverse, 0, start, 0, start);
      const rest = await products.subtract(left, subMatrix(lower, start, end, 0, start), solved);
      left = await products.times({ rows: width, columns: width, data: Float32Array.from(own) }, rest);
    }
    for (let row = 0; row < width; row++) {
      const from = (start + row) * size;
      inverse.data.set(left.data.subarray(row * start, (row + 1) * start), from);
      for (let column = 0; column < width; column++) inverse.data[from + start + column] = own[row * width + column]!;
      for (let column = 0; column < end; column++) sums[column]! += inverse.data[from + column]! ** 2;
    }
  }
  return Float32Array.from(sums);
}
