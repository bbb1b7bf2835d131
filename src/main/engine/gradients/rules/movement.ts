import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import { sliceBounds, sliceRange } from '../../onnx/slice-range';
import type { GradientWriter } from '../gradient-writer';
import type { GradientRule } from './rule';

/** Of operators that only give another shape. */
const sameElements: GradientRule = ({ node, gradient, write, shapeOf }) => [
  write.reshape(gradient, shapeOf(node.inputs[0]!)),
];

const same: GradientRule = ({ gradient }) => [gradient];

/** Between whole numbers and float32 a cast is a step function, whose slope is 0 or has none. */
const cast: GradientRule = ({ node, gradient, typeOf, fail }) => {
  const types = [typeOf(node.inputs[0]!), typeOf(node.outputs[0]!)];
  if (types.every((type) => type === 'float32')) return [gradient];
  const other = types.find((type) => type !== 'float32' && isReal(type));
  return other === undefined ? [undefined] : fail(`it computes in ${other}, where gradients are float32`);
};

const isReal = (type: string): boolean => /float|double/.test(type);

/** An axis, or a position along one, counted from the start. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const concat: GradientRule = ({ node, gradient, write, isWanted, shapeOf }) => {
  const axis = axisOf(intAttribute(node, 'axis', 0), shapeOf(node.outputs[0]!).length);
  let start = 0;
  return node.inputs.map((input, at) => {
    const from = start;
    start += shapeOf(input)[axis]!;
    return isWanted(at) ? write.slice(gradient, [axis], [from], [start]) : undefined;
  });
};

const split: GradientRule = ({ node, gradients, write, shapeOf }) => {
  const axis = axisOf(intAttribute(node, 'axis', 0), shapeOf(node.inputs[0]!).length);
  const parts = node.outputs.map((output, at) => gradients[at] ?? write.expand(write.scalar(0), shapeOf(output)));
  return [write.concat(parts, axis)];
};

/** Element i along an axis goes to `positions[i]` of `length`, zeros to the others. No position may occur twice. */
export function spread(
  write: GradientWriter,
  value: string,
  rank: number,
  axis: number,
  positions: readonly number[],
  length: number,
): string {
  // One zero more at the end, which all other positions take.
  const sources = new Array<number>(length).fill(positions.length);
  positions.forEach((position, at) => (sources[position] = at));
  const none = new Array<number>(rank).fill(0);
  const one = none.map((_, at) => (at === axis ? 1 : 0));
  return write.gather(write.pad(value, none, one), sources, axis);
}

/** From this opset on, bounds and axes are inputs. */
const leastOpset = 13;

const slice: GradientRule = (context) => {
  const { node, gradient, write, shapeOf, known, fail } = context;
  const shape = shapeOf(node.inputs[0]!);
  const bounds = sliceBounds(node, leastOpset, known) ?? fail('its bounds are computed at run time');
  let result = gradient;
  const [before, after] = [shape.map(() => 0), shape.map(() => 0)];
  for (const [at, named] of bounds.axes.entries()) {
    const axis = axisOf(named, shape.length);
    const [length, step] = [shape[axis]!, bounds.steps[at]!];
    const { start, count } = sliceRange(length, bounds.starts[at]!, bounds.ends[at]!, step);
    if (step === 1) {
      before[axis] = start;
      after[axis] = length - start - count;
    } else {
      const positions = Array.from({ length: count }, (_, index) => start + index * step);
      result = spread(write, result, shape.length, axis, positions, length);
    }
  }
  return [write.pad(result, before, after)];
};

const pad: GradientRule = (context) => {
  const { node, gradient, write, shapeOf, known, fail } = context;
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode !== 'constant') return fail(`it pads by ${mode}`);
  const { length: rank } = shapeOf(node.inputs[0]!);
  const pads = known(1) ?? fail('its pads are computed at run time');
  const axes = known(3)?.map((axis) => axisOf(axis, rank)) ?? Array.from({ length: rank }, (_, axis) => axis);
  const along = (offset: number): number[] =>
    Array.from({ length: rank }, (_, axis) => {
      const at = axes.indexOf(axis);
      return at < 0 ? 0 : -pads[at + offset]!;
    });
  return [write.pad(gradient, along(0), along(axes.length))];
};

const transpose: GradientRule = ({ node, gradient, write, shapeOf }) => {
  const rank = shapeOf(node.inputs[0]!).length;
  const order = intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const back = order.map((_, axis) => order.indexOf(axis));
  return [write.transpose(gradient, back)];
};

const expand: GradientRule = ({ node, gradient, write, shapeOf }) => [
  write.reduceTo(gradient, shapeOf(node.outputs[0]!), shapeOf(node.inputs[0]!)),
];

/** Blocks of pixels to channels and back. */
const exchanged =
  (op: string): GradientRule =>
  ({ node, gradient, write, fail }) => {
    const mode = stringAttribute(node, 'mode', 'DCR');
    if (mode !== 'DCR') return fail(`its mode is ${mode}`);
    return [write.emit(op, [gradient], { blocksize: node.attributes['blocksize']! })];
  };

export const movementRules: Record<string, GradientRule> = {
  Cast: cast,
  Concat: concat,
  DepthToSpace: exchanged('SpaceToDepth'),
  Dropout: same,
  Expand: expand,
  Flatten: sameElements,
  Identity: same,
  Pad: pad,
  Reshape: sameElements,
  Slice: slice,
  SpaceToDepth: exchanged('DepthToSpace'),
  Split: split,
  Squeeze: sameElements,
  Transpose: transpose,
  Unsqueeze: sameElements,
};
