import type { Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';

/** `[rows, columns]` as `[columns, rows]`. */
export function transposeMatrix(tensor: Tensor): Tensor {
  const [rows = 0, columns = 0] = tensor.shape;
  const source = tensor.data as Float32Array;
  const data = new Float32Array(source.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) data[column * rows + row] = source[row * columns + column]!;
  }
  return float32Tensor([columns, rows], data);
}
