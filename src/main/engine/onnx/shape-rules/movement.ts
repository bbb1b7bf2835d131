import { intAttribute, intsAttribute } from '../attributes';
import { unknownDimension, type Dimension } from '../graph';
import { reshapeTarget } from '../reshape-target';
import { sliceBounds, sliceRange } from '../slice-range';
import { arithmetic, axisOf, broadcast, type RuleContext, type ShapeRule, type TypedShape } from './rule';

const product = (dimensions: readonly Dimension[]): Dimension =>
  reshapeTarget(dimensions, [-1], true)?.[0] ?? unknownDimension;

/** Axes of Squeeze and Unsqueeze: an attribute before opset 13, an input since. Undefined when computed at run time. */
function namedAxes(context: RuleContext): readonly number[] | 'none' | undefined {
  const { node } = context;
  if ((node.inputs[1] ?? '') !== '') return context.knownNumbers(1);
  return intsAttribute(node, 'axes') ?? 'none';
}

/** Sizes of the parts of a Split; undefined entries where unknown. */
function splitSizes(context: RuleContext, length: Dimension): Dimension[] | undefined {
  const { node } = context;
  const parts = node.outputs.length;
  const given = (node.inputs[1] ?? '') !== '' ? context.knownNumbers(1) : intsAttribute(node, 'split');
  if (given) return given.length < parts ? context.fail(`${parts} outputs of ${given.length} parts`) : [...given];
  if ((node.inputs[1] ?? '') !== '') return undefined;
  // Equal parts; since opset 18 the last may be smaller.
  return Array.from({ length: parts }, (_, part) =>
    arithmetic((size) => Math.min(Math.ceil(size / parts), Math.max(0, size - part * Math.ceil(size / parts))), length),
  );
}

function depthAndSpace(
  context: RuleContext,
  change: (shape: Dimension[], block: number) => Dimension[],
): TypedShape[] | undefined {
  const x = context.inputs[0];
  if (!x) return undefined;
  const block = intAttribute(context.node, 'blocksize', 0);
  if (block < 1 || x.shape.length !== 4) return context.fail('it needs a block size and 4 dimensions');
  return [{ type: x.type, shape: change(x.shape, block) }];
}

export const movementRules: Record<string, ShapeRule> = {
  Concat: (context) => {
    const { node, inputs } = context;
    const present = inputs.filter((input) => input !== undefined);
    const first = present[0];
    if (!first || present.length < inputs.length) return undefined;
    const axis = axisOf(context, intAttribute(node, 'axis', 0), first.shape.length);
    if (present.some(({ shape }) => shape.length !== first.shape.length)) context.fail('the inputs differ in rank');
    const shape = first.shape.map((size, at) => {
      const sizes = present.map((input) => input.shape[at]!);
      if (at === axis) return arithmetic((...numbers) => numbers.reduce((sum, number) => sum + number, 0), ...sizes);
      const numbers = new Set(sizes.filter((each) => typeof each === 'number'));
      if (numbers.size > 1) context.fail(`the inputs differ along axis ${at}: ${[...numbers].join(', ')}`);
      return [...numbers][0] ?? size;
    });
    return [{ type: first.type, shape }];
  },
  DepthToSpace: (context) =>
    depthAndSpace(context, ([n, c, h, w], block) => [
      n!,
      arithmetic((channels) => channels / block ** 2, c!),
      arithmetic((size) => size * block, h!),
      arithmetic((size) => size * block, w!),
    ]),
  SpaceToDepth: (context) =>
    depthAndSpace(context, ([n, c, h, w], block) => [
      n!,
      arithmetic((channels) => channels * block ** 2, c!),
      arithmetic((size) => size / block, h!),
      arithmetic((size) => size / block, w!),
    ]),
  Expand: (context) => {
    const x = context.inputs[0];
    const shape = context.known(1)?.data;
    return x && shape && [{ type: x.type, shape: broadcast(context, [x.shape, shape]) }];
  },
  Flatten: (context) => {
    const x = context.inputs[0];
    if (!x) return undefined;
    const axis = intAttribute(context.node, 'axis', 1);
    const at = axis === x.shape.length ? axis : axisOf(context, axis, x.shape.length);
    return [{ type: x.type, shape: [product(x.shape.slice(0, at)), product(x.shape.slice(at))] }];
  },
  Gather: (context) => {
    const [x, indices] = context.inputs;
    if (!x || !indices) return undefined;
    const axis = axisOf(context, intAttribute(context.node, 'axis', 0), x.shape.length);
    return [{ type: x.type, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }];
  },
  ScatterElements: ({ inputs: [x] }) => [x],
  GatherElements: ({ inputs: [x, indices] }) => x && indices && [{ type: x.type, shape: indices.shape }],
  Pad: (context) => {
    const { node, opset } = context;
    const x = context.inputs[0];
    const pads = opset < 11 ? intsAttribute(node, 'pads') : context.knownNumbers(1);
    const named = (node.inputs[3] ?? '') === '' ? x?.shape.map((_, axis) => axis) : context.knownNumbers(3);
    if (!x || !pads || !named) return undefined;
    if (pads.length !== 2 * named.length) return context.fail(`${pads.length} pads for ${named.length} axes`);
    const shape = [...x.shape];
    for (const [index, axis] of named.entries()) {
      const at = axisOf(context, axis, x.shape.length);
      shape[at] = arithmetic((size) => size + pads[index]! + pads[index + named.length]!, shape[at]!);
    }
    return [{ type: x.type, shape }];
  },
  Range: (context) => {
    const [start, limit, delta] = [0, 1, 2].map((input) => context.knownNumbers(input)?.[0]);
    const first = context.inputs[0];
    if (!first) return undefined;
    const isKnown = start !== undefined && limit !== undefined && delta;
    return [
      { type: first.type, shape: [isKnown ? Math.max(0, Math.ceil((limit - start) / delta)) : unknownDimension] },
    ];
  },
  Reshape: (context) => {
    const [x, target] = context.inputs;
    const wanted = context.known(1)?.data;
    if (!x) return undefined;
    if (!wanted) {
      const rank = target?.shape[0];
      return typeof rank === 'number' && rank <= 8
        ? [{ type: x.type, shape: new Array<Dimension>(rank).fill(unknownDimension) }]
        : undefined;
    }
    const shape = reshapeTarget(x.shape, wanted, intAttribute(context.node, 'allowzero', 0) !== 0);
    const [before, after] = [product(x.shape), product(shape ?? [])];
    if (!shape || (typeof before === 'number' && typeof after === 'number' && before !== after)) {
      return context.fail(`[${x.shape.join(',')}] cannot become [${wanted.join(',')}]`);
    }
    return [{ type: x.type, shape }];
  },
  Shape: ({ node, inputs: [x] }) => {
    if (!x) return undefined;
    const { start, count } = sliceRange(
      x.shape.length,
      intAttribute(node, 'start', 0),
      intAttribute(node, 'end', x.shape.length),
      1,
    );
    return [{ type: 'int64', shape: [x.shape.slice(start, start + count).length] }];
  },
  Size: ({ inputs: [x] }) => x && [{ type: 'int64', shape: [] }],
  Slice: (context) => {
    const x = context.inputs[0];
    const bounds = sliceBounds(context.node, context.opset, context.knownNumbers);
    if (!x || !bounds) return x && [{ type: x.type, shape: x.shape.map(() => unknownDimension) }];
    const shape = [...x.shape];
    for (const [index, axis] of bounds.axes.entries()) {
      const at = axisOf(context, axis, x.shape.length);
      const step = bounds.steps[index]!;
      if (step === 0) return context.fail('a step of 0');
      shape[at] = arithmetic(
        (size) => sliceRange(size, bounds.starts[index]!, bounds.ends[index]!, step).count,
        shape[at]!,
      );
    }
    return [{ type: x.type, shape }];
  },
  Split: (context) => {
    const x = context.inputs[0];
    if (!x) return undefined;
    const axis = axisOf(context, intAttribute(context.node, 'axis', 0), x.shape.length);
    const sizes = splitSizes(context, x.shape[axis]!);
    return context.node.outputs.map((_, part) => ({
      type: x.type,
      shape: x.shape.map((size, at) => (at === axis ? (sizes?.[part] ?? unknownDimension) : size)),
    }));
  },
  Squeeze: (context) => {
    const x = context.inputs[0];
    const named = namedAxes(context);
    if (!x || named === undefined) return undefined;
    const removed = named === 'none' ? undefined : new Set(named.map((axis) => axisOf(context, axis, x.shape.length)));
    for (const axis of removed ?? []) {
      const size = x.shape[axis];
      if (typeof size === 'number' && size !== 1) context.fail(`axis ${axis} has ${size} elements`);
    }
    return [{ type: x.type, shape: x.shape.filter((size, axis) => (removed ? !removed.has(axis) : size !== 1)) }];
  },
  Tile: (context) => {
    const x = context.inputs[0];
    const repeats = context.knownNumbers(1);
    return (
      x &&
      repeats && [
        { type: x.type, shape: x.shape.map((size, axis) => arithmetic((each) => each * (repeats[axis] ?? 1), size)) },
      ]
    );
  },
  Transpose: (context) => {
    const x = context.inputs[0];
    if (!x) return undefined;
    const rank = x.shape.length;
    const order = intsAttribute(context.node, 'perm') ?? x.shape.map((_, axis) => rank - 1 - axis);
    if (order.length !== rank || !x.shape.every((_, axis) => order.includes(axis)))
      context.fail(`perm ${order.join(',')} of ${rank} dimensions`);
    return [{ type: x.type, shape: order.map((axis) => x.shape[axis]!) }];
  },
  Unsqueeze: (context) => {
    const x = context.inputs[0];
    const named = namedAxes(context);
    if (!x || named === undefined) return undefined;
    if (named === 'none') return context.fail('it names no axes');
    const rank = x.shape.length + named.length;
    const added = new Set(named.map((axis) => axisOf(context, axis, rank)));
    if (added.size !== named.length) context.fail('an axis is named twice');
    const rest = x.shape.values();
    return [
      { type: x.type, shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.next().value!)) },
    ];
  },
};
