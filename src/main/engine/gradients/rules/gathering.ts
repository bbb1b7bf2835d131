import { intAttribute } from '../../onnx/attributes';
import { attr } from '../../onnx/make';
import { elementCount } from '../../onnx/graph';
import type { GradientWriter } from '../gradient-writer';
import { axisOf, spread } from './movement';
import type { GradientContext, GradientRule } from './rule';

/** Adds the elements of a value to zeros of a shape, each at its position along an axis; positions have the value's shape and may meet. */
function summed(
  write: GradientWriter,
  value: string,
  positions: string,
  axis: number,
  shape: readonly number[],
): string {
  const zeros = write.expand(write.scalar(0), shape);
  const attributes = { axis: attr.int(axis), reduction: attr.string('add') };
  return write.emit('ScatterElements', [zeros, positions, value], attributes);
}

/** Constant positions of which none occurs twice; undefined otherwise. */
function distinctPositions({ known }: GradientContext, count: number, length: number): number[] | undefined {
  if (count > length) return undefined;
  const positions = known(1)?.map((at) => axisOf(at, length));
  return positions && new Set(positions).size === count ? positions : undefined;
}

/** What is taken more than once has the sum of all its shares: the gradient of a table is that of all who read an entry. */
const gather: GradientRule = (context) => {
  const { node, gradient, write, shapeOf } = context;
  const shape = shapeOf(node.inputs[0]!);
  const axis = axisOf(intAttribute(node, 'axis', 0), shape.length);
  const [before, length, after] = [shape.slice(0, axis), shape[axis]!, shape.slice(axis + 1)];
  const count = elementCount(shapeOf(node.inputs[1]!));
  const taken = [...before, count, ...after];
  const share = write.reshape(gradient, taken);
  const distinct = distinctPositions(context, count, length);
  if (distinct) return [spread(write, share, shape.length, axis, distinct, length)];
  const along = taken.map((size, at) => (at === axis ? size : 1));
  const positions = write.expand(write.reshape(node.inputs[1]!, along), taken);
  return [summed(write, share, positions, axis, shape)];
};

/** Each element of the result was taken from a position of its own along the axis. */
const gatherElements: GradientRule = ({ node, gradient, write, shapeOf }) => {
  const shape = shapeOf(node.inputs[0]!);
  const axis = axisOf(intAttribute(node, 'axis', 0), shape.length);
  return [summed(write, gradient, node.inputs[1]!, axis, shape)];
};

export const gatheringRules: Record<string, GradientRule> = { Gather: gather, GatherElements: gatherElements };
