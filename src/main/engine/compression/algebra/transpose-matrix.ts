import type { Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import type { Matrix } from './matrix-products';

/** The numbers of a matrix `[rows, columns]` as those of `[columns, rows]`. */
export function transposedNumbers<T extends Float32Array | Int8Array | Uint8Array>(
  data: T,
  rows: number,
  columns: number,
): T {
  const result = data.slice() as T;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!;
  return result;
}

export const transposed = ({ rows, columns, data }: Matrix): Matrix => ({
  rows: columns,
  columns: rows,
  data: transposedNumbers(data, rows, columns),
});

/** `[rows, columns]` as `[columns, rows]`. */
export function transposeMatrix(tensor: Tensor): Tensor {
  const [rows = 0, columns = 0] = tensor.shape;
  const { data } = transposed({ rows, columns, data: tensor.data as Float32Array });
  return float32Tensor([columns, rows], data);
}
