import { intAttribute } from '../attributes';
import { elementCount } from '../graph';
import type { ChannelRule, ChannelRuleContext } from './rule';

/** Labels after `[N, C, ...]` became `outputShape`: each channel of `[N, C * k]` k times; undefined where channels are torn apart. */
function reshaped({ channels, shape, outputShape }: ChannelRuleContext): Int32Array | undefined {
  const labels = channels(0);
  const input = shape(0);
  if (!labels || !input || outputShape.length < 2 || outputShape[0] !== input[0]) return undefined;
  const repeats = elementCount(input.slice(2));
  const rest = elementCount(outputShape.slice(2));
  if (outputShape[1] === labels.length && rest === repeats) return labels;
  if (rest !== 1 || outputShape[1] !== labels.length * repeats) return undefined;
  return Int32Array.from({ length: labels.length * repeats }, (_, at) => labels[Math.floor(at / repeats)]!);
}

const reshape: ChannelRule = (context) => {
  const labels = reshaped(context);
  const target = context.numbers(1);
  if (!labels || !target || target.length !== context.outputShape.length) return undefined;
  if (target[1]! > 0) context.record('shape', 1, 1, labels);
  else context.record('carries', 0, 1, labels);
  return labels;
};

const flatten: ChannelRule = (context) => {
  if (intAttribute(context.node, 'axis', 1) !== 1) return undefined;
  const labels = reshaped(context);
  if (labels) context.record('carries', 0, 1, labels);
  return labels;
};

/** Squeeze and Unsqueeze that leave batch and channels where they are. */
const spatialOnly: ChannelRule = (context) => {
  const labels = context.channels(0);
  const input = context.shape(0);
  if (!labels || input?.[0] !== context.outputShape[0] || input?.[1] !== context.outputShape[1]) return undefined;
  const axes = context.numbers(1);
  const rank = Math.max(input?.length ?? 0, context.outputShape.length);
  if (!axes?.every((axis) => (axis < 0 ? axis + rank : axis) >= 2)) return undefined;
  context.record('carries', 0, 1, labels);
  return labels;
};

export const reshapeRules: Record<string, ChannelRule> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: spatialOnly,
  Unsqueeze: spatialOnly,
};
