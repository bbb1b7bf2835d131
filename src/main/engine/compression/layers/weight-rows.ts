import { intAttribute } from '../../onnx/attributes';
import { float32Tensor } from '../../onnx/make';
import type { Tensor } from '../../onnx/graph';
import type { Matrix } from '../algebra/matrix-products';
import { transposeMatrix } from '../algebra/transpose-matrix';
import type { WeightLayer } from './weight-layers';

/** A layer's weights with one row per output channel: what a row multiplies is the layer's (im2col'ed) input. */
export interface WeightRows extends Matrix {
  /** Groups of a convolution: each has rows / groups rows and inputs of its own. */
  groups: number;
  /** Shape in which the rows are listed; the weight's own unless `isTransposed`. */
  shape: number[];
  /** The weight tensor holds the output channels along its second axis. */
  isTransposed: boolean;
}

export function weightRows({ node, weight, channelAxis }: WeightLayer): WeightRows {
  const rows = weight.shape[channelAxis]!;
  const isTransposed = channelAxis === 1;
  const data = weight.data as Float32Array;
  return {
    rows,
    columns: data.length / rows,
    data: isTransposed ? (transposeMatrix(weight).data as Float32Array) : data,
    groups: node.op === 'Conv' ? intAttribute(node, 'group', 1) : 1,
    shape: isTransposed ? [...weight.shape].reverse() : [...weight.shape],
    isTransposed,
  };
}

/** The weight tensor of changed rows. */
export function weightOfRows(
  { isTransposed, shape }: Pick<WeightRows, 'isTransposed' | 'shape'>,
  data: Float32Array,
): Tensor {
  const tensor = float32Tensor(shape, data);
  return isTransposed ? transposeMatrix(tensor) : tensor;
}
