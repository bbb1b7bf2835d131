import { intAttribute, intsAttribute } from '../../onnx/attributes';
import { elementCount } from '../../onnx/graph';
import type { GradientContext, GradientRule } from './rule';

/** The axes that are reduced: an attribute or, since opset 13 or 18, an input; all where none are named. */
function reducedAxes({ node, known, shapeOf, fail }: GradientContext): number[] {
  const { length: rank } = shapeOf(node.inputs[0]!);
  const isInput = (node.inputs[1] ?? '') !== '';
  const named = isInput ? (known(1) ?? fail('its axes are computed at run time')) : intsAttribute(node, 'axes');
  if (named && named.length > 0) return named.map((axis) => (axis < 0 ? axis + rank : axis));
  if (intAttribute(node, 'noop_with_empty_axes', 0) !== 0) return [];
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** A reduced value with its axes again, of length 1. */
function withAxes({ node, write, shapeOf }: GradientContext, value: string, axes: readonly number[]): string {
  if (intAttribute(node, 'keepdims', 1) !== 0) return value;
  return write.reshape(
    value,
    shapeOf(node.inputs[0]!).map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/** Every element has the same share of the sum, or of the mean. */
const even =
  (shareOf: (count: number) => number): GradientRule =>
  (context) => {
    const { node, gradient, write, shapeOf } = context;
    const shape = shapeOf(node.inputs[0]!);
    const axes = reducedAxes(context);
    const share = write.scale(gradient, shareOf(elementCount(axes.map((axis) => shape[axis]!))));
    return [write.expand(withAxes(context, share, axes), shape)];
  };

/** The elements that are the largest, or the smallest, share alike, as PyTorch's amax has it. */
const extreme: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const axes = reducedAxes(context);
  const x = node.inputs[0]!;
  const isExtreme = write.toFloat(write.emit('Equal', [x, withAxes(context, node.outputs[0]!, axes)]));
  const share = write.divide(withAxes(context, gradient, axes), write.sum(isExtreme, axes, true));
  return [write.multiply(isExtreme, share)];
};

/** dx = x dy / y; 0 where all is 0, as PyTorch has it. */
const euclidean: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const axes = reducedAxes(context);
  const norm = withAxes(context, node.outputs[0]!, axes);
  const divisor = write.add(norm, write.toFloat(write.emit('Equal', [norm, write.scalar(0)])));
  return [write.multiply(node.inputs[0]!, write.divide(withAxes(context, gradient, axes), divisor))];
};

/** The largest elements of a channel share alike, where several are. */
const globalMaximum: GradientRule = ({ node, gradient, write, shapeOf }) => {
  const x = node.inputs[0]!;
  const isLargest = write.toFloat(write.emit('Equal', [x, node.outputs[0]!]));
  const axes = shapeOf(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  return [write.multiply(isLargest, write.divide(gradient, write.sum(isLargest, axes, true)))];
};

const globalAverage: GradientRule = ({ node, gradient, write, shapeOf }) => {
  const shape = shapeOf(node.inputs[0]!);
  return [write.expand(write.scale(gradient, 1 / elementCount(shape.slice(2))), shape)];
};

export const reductionRules: Record<string, GradientRule> = {
  GlobalAveragePool: globalAverage,
  GlobalMaxPool: globalMaximum,
  ReduceL2: euclidean,
  ReduceMax: extreme,
  ReduceMean: even((count) => 1 / count),
  ReduceMin: extreme,
  ReduceSum: even(() => 1),
};
