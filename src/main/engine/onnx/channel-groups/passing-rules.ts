import { intAttribute, intsAttribute } from '../attributes';
import type { ChannelRule, ChannelRuleContext } from './rule';

/** Each channel of the output depends on that channel of the first input alone. */
const pass: ChannelRule = ({ channels, record }) => {
  const labels = channels(0);
  if (labels) record('carries', 0, 1, labels);
  return labels;
};

/** Passes, with one constant per channel in each of the given inputs. */
const passWith =
  (inputs: readonly number[]): ChannelRule =>
  (context) => {
    const labels = context.channels(0);
    if (!labels || inputs.some((input) => context.constant(input)?.data.length !== labels.length)) return undefined;
    for (const input of inputs) context.record('follows', input, 0, labels);
    return labels;
  };

/** Where a constant that is broadcast against a value of this rank holds one number per channel; -1 where it is the same for all. */
function channelAxisOf(shape: readonly number[], rank: number, channels: number): number | undefined {
  const axis = 1 - (rank - shape.length);
  if (shape.length > rank) return undefined;
  if (axis < 0 || shape[axis] === 1) return -1;
  return shape[axis] === channels ? axis : undefined;
}

function withConstant(context: ChannelRuleContext, value: number, other: number): Int32Array | undefined {
  const labels = context.channels(value);
  const shape = context.constant(other)?.shape;
  const rank = context.shape(value)?.length;
  if (!labels || !shape || rank === undefined) return undefined;
  const axis = channelAxisOf(shape, rank, labels.length);
  if (axis === undefined) return undefined;
  if (axis >= 0) context.record('follows', other, axis, labels);
  else context.record('carries', value, 1, labels);
  return labels;
}

const binary: ChannelRule = (context) => {
  const { labels, record } = context;
  if (context.constant(1)) return withConstant(context, 0, 1);
  if (context.constant(0)) return withConstant(context, 1, 0);
  const [a, b] = [context.channels(0), context.channels(1)];
  if (!a || !b || context.shape(0)?.length !== context.shape(1)?.length) return undefined;
  if (a.length !== b.length) {
    // A map with one channel meets all channels of the other.
    const [one, many] = a.length === 1 ? [a, b] : [b, a];
    if (one.length !== 1) return undefined;
    labels.protect(one);
    record('carries', a.length === 1 ? 1 : 0, 1, many);
    return many;
  }
  labels.tie(a, b);
  record('carries', 0, 1, a);
  return a;
};

const prelu: ChannelRule = (context) => (context.constant(1) ? withConstant(context, 0, 1) : undefined);

const concat: ChannelRule = (context) => {
  const { node, labels, outputShape, record } = context;
  const parts = node.inputs.map((_, input) => context.channels(input));
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length || known.length === 0) return undefined;
  const axis = intAttribute(node, 'axis', 0);
  const isOfChannels = (axis < 0 ? axis + outputShape.length : axis) === 1;
  if (!isOfChannels) for (const part of known.slice(1)) labels.tie(known[0]!, part);
  const joined = isOfChannels ? Int32Array.from(known.flatMap((part) => [...part])) : known[0]!;
  record('carries', 0, 1, joined);
  return joined;
};

const pad: ChannelRule = (context) => {
  const pads = context.numbers(1) ?? intsAttribute(context.node, 'pads');
  if (!pads || (context.node.inputs[3] ?? '') !== '') return undefined;
  return pads[1] === 0 && pads[1 + pads.length / 2] === 0 ? pass(context) : undefined;
};

const resize: ChannelRule = (context) => (context.numbers(2)?.[1] === 1 ? pass(context) : undefined);

const reduce: ChannelRule = (context) => {
  const rank = context.shape(0)?.length ?? 0;
  const axes = context.numbers(1) ?? intsAttribute(context.node, 'axes');
  const isSpatial = axes && axes.length > 0 && axes.every((axis) => (axis < 0 ? axis + rank : axis) >= 2);
  return isSpatial ? pass(context) : undefined;
};

const passing =
  'Relu LeakyRelu Elu Celu Selu ThresholdedRelu Clip HardSwish HardSigmoid Sigmoid Tanh Softplus Softsign Gelu Mish Erf Exp Log Sqrt ' +
  'Reciprocal Neg Abs Floor Ceil Round Identity Dropout Cast MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool';

export const passingRules: Record<string, ChannelRule> = {
  ...Object.fromEntries(passing.split(' ').map((op) => [op, pass])),
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Pow'].map((op) => [op, binary])),
  ...Object.fromEntries(['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL2'].map((op) => [op, reduce])),
  BatchNormalization: passWith([1, 2, 3, 4]),
  InstanceNormalization: passWith([1, 2]),
  PRelu: prelu,
  Concat: concat,
  Pad: pad,
  Resize: resize,
};
