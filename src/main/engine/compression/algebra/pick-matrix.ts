import type { Matrix } from './matrix-products';

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
