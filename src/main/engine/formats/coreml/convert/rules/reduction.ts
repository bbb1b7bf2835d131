import { intsAttribute } from '../../../../onnx/attributes';
import type { ConversionRule } from '../rule';

const reducing =
  (type: string): ConversionRule =>
  (operation) => {
    const x = operation.value(0);
    const given = operation.has(1) ? operation.integers(1) : intsAttribute(operation.node, 'axes');
    if (operation.has(1) && !given) return operation.unsupported('along axes that are computed for each image');
    if (!given?.length && operation.integer('noop_with_empty_axes', 0) !== 0) return x;
    const axes = given?.length
      ? given.map((axis) => operation.axis(axis, x.shape.length))
      : x.shape.map((_, axis) => axis);
    return operation.emit(type, {
      x,
      axes: operation.integersOf(axes, 'axes'),
      keep_dims: operation.boolean(operation.integer('keepdims', 1) !== 0, 'keep_dims'),
    });
  };

export const reductionRules: Record<string, ConversionRule> = {
  ReduceMean: reducing('reduce_mean'),
  ReduceSum: reducing('reduce_sum'),
  ReduceMax: reducing('reduce_max'),
  ReduceMin: reducing('reduce_min'),
  ReduceProd: reducing('reduce_prod'),
  ReduceSumSquare: reducing('reduce_sum_square'),
  ReduceL1: reducing('reduce_l1_norm'),
  ReduceL2: reducing('reduce_l2_norm'),
};
