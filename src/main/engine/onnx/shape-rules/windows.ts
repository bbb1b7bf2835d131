import { intAttribute, intsAttribute, stringAttribute } from '../attributes';
import { unknownDimension, type Dimension } from '../graph';
import type { RuleContext, ShapeRule, TypedShape } from './rule';

/** A convolution or pooling window along one spatial axis. */
interface Window {
  kernel: number;
  stride: number;
  dilation: number;
  padBegin: number;
  padEnd: number;
}

function windowsOf(context: RuleContext, kernel: readonly number[]): Window[] {
  const { node } = context;
  const pads = intsAttribute(node, 'pads');
  const strides = intsAttribute(node, 'strides');
  const dilations = intsAttribute(node, 'dilations');
  return kernel.map((size, axis) => {
    const window = {
      kernel: size,
      stride: strides?.[axis] ?? 1,
      dilation: dilations?.[axis] ?? 1,
      padBegin: pads?.[axis] ?? 0,
      padEnd: pads?.[axis + kernel.length] ?? 0,
    };
    if (!(size >= 1 && window.stride >= 1 && window.dilation >= 1))
      context.fail(`kernel, stride or dilation is below 1`);
    return window;
  });
}

/**
 * Positions a window takes along an axis, as the Conv and pooling operators define them. In ceil mode a last window
 * that would begin in the padding at the end is left out.
 */
function positions(context: RuleContext, length: number, window: Window): number {
  const reach = (window.kernel - 1) * window.dilation + 1;
  switch (stringAttribute(context.node, 'auto_pad', 'NOTSET')) {
    case 'SAME_UPPER':
    case 'SAME_LOWER':
      return Math.ceil(length / window.stride);
    case 'VALID':
      return Math.floor((length - reach) / window.stride) + 1;
    default: {
      const steps = (length + window.padBegin + window.padEnd - reach) / window.stride;
      if (intAttribute(context.node, 'ceil_mode', 0) === 0) return Math.floor(steps) + 1;
      const count = Math.ceil(steps) + 1;
      return (count - 1) * window.stride >= length + window.padBegin ? count - 1 : count;
    }
  }
}

function slide(context: RuleContext, spatial: readonly Dimension[], kernel: readonly number[]): Dimension[] {
  if (spatial.length !== kernel.length)
    context.fail(`a ${kernel.length}-dimensional kernel on ${spatial.length} spatial dimensions`);
  return windowsOf(context, kernel).map((window, axis) => {
    const length = spatial[axis]!;
    if (typeof length === 'string') return unknownDimension;
    const count = positions(context, length, window);
    if (!(count >= 1)) context.fail(`the kernel ${kernel.join('x')} does not fit on ${spatial.join('x')}`);
    return count;
  });
}

/** Input channels per group times groups must be the input's channels, and groups divide the output channels. */
function checkChannels(context: RuleContext, x: TypedShape, w: TypedShape): void {
  const group = intAttribute(context.node, 'group', 1);
  const [channels, perGroup, filters] = [x.shape[1], w.shape[1], w.shape[0]];
  if (typeof channels === 'number' && typeof perGroup === 'number' && channels !== perGroup * group) {
    context.fail(`the weights take ${perGroup * group} channels, the input has ${channels}`);
  }
  if (typeof filters === 'number' && filters % group !== 0) context.fail(`${filters} filters in ${group} groups`);
}

function convolution(
  x: TypedShape | undefined,
  w: TypedShape | undefined,
  context: RuleContext,
): Dimension[] | undefined {
  if (!x || !w) return undefined;
  if (x.shape.length < 3 || w.shape.length !== x.shape.length) {
    context.fail(`weights with ${w.shape.length} dimensions on an input with ${x.shape.length}`);
  }
  checkChannels(context, x, w);
  const said = intsAttribute(context.node, 'kernel_shape');
  const kernel = w.shape.slice(2).map((size, axis) => (typeof size === 'number' ? size : said?.[axis]));
  if (said && !kernel.every((size, axis) => size === said[axis]))
    context.fail(`kernel_shape is ${said.join('x')}, its weights are ${kernel.join('x')}`);
  const sizes = kernel.filter((size) => size !== undefined);
  const spatial =
    sizes.length === kernel.length ? slide(context, x.shape.slice(2), sizes) : kernel.map(() => unknownDimension);
  return [x.shape[0]!, w.shape[0]!, ...spatial];
}

function pooling(context: RuleContext): TypedShape | undefined {
  const x = context.inputs[0];
  const kernel = intsAttribute(context.node, 'kernel_shape');
  if (!x) return undefined;
  if (!kernel) return context.fail('it has no kernel_shape');
  return { type: x.type, shape: [...x.shape.slice(0, 2), ...slide(context, x.shape.slice(2), kernel)] };
}

const globalPool: ShapeRule = ({ inputs: [x] }) =>
  x && [{ type: x.type, shape: x.shape.map((size, axis) => (axis < 2 ? size : 1)) }];

const poolWithoutIndices: ShapeRule = (context) => {
  const pooled = pooling(context);
  return pooled && [pooled];
};

export const windowRules: Record<string, ShapeRule> = {
  Conv: (context) => {
    const [x, w] = context.inputs;
    const shape = convolution(x, w, context);
    return shape && [{ type: x!.type, shape }];
  },
  ConvInteger: (context) => {
    const [x, w] = context.inputs;
    const shape = convolution(x, w, context);
    return shape && [{ type: 'int32', shape }];
  },
  QLinearConv: (context) => {
    const { inputs } = context;
    const shape = convolution(inputs[0], inputs[3], context);
    return shape && [{ type: inputs[7]?.type ?? inputs[0]!.type, shape }];
  },
  MaxPool: (context) => {
    const pooled = pooling(context);
    return pooled && [pooled, { type: 'int64', shape: pooled.shape }];
  },
  AveragePool: poolWithoutIndices,
  LpPool: poolWithoutIndices,
  GlobalAveragePool: globalPool,
  GlobalLpPool: globalPool,
  GlobalMaxPool: globalPool,
};
