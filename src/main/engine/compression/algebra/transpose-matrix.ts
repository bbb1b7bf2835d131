import type { Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { zeros, type Matrix } from './matrix-products';

export function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = zeros(columns, rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result.data[column * rows + row] = data[row * columns + column]!;
  return result;
}

/** `[rows, columns]` as `[columns, rows]`. */
export function transposeMatrix(tensor: Tensor): Tensor {
  const [rows = 0, columns = 0] = tensor.shape;
  const { data } = transposed({ rows, columns, data: tensor.data as Float32Array });
  return float32Tensor([columns, rows], data);
}
