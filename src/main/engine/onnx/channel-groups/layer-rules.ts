import { intAttribute } from '../attributes';
import type { ChannelRule, ChannelRuleContext } from './rule';

function recordBias({ constant, record, node }: ChannelRuleContext, labels: Int32Array): boolean {
  if ((node.inputs[2] ?? '') === '') return true;
  const bias = constant(2);
  if (!bias) return false;
  if (bias.shape.at(-1) === labels.length && bias.data.length === labels.length)
    record('follows', 2, bias.shape.length - 1, labels);
  return bias.data.length === labels.length || bias.data.length === 1;
}

const conv: ChannelRule = (context) => {
  const { node, labels, record } = context;
  const weight = context.constant(1);
  if (!weight || weight.shape.length < 3) return undefined;
  const [outputs, perGroup] = [weight.shape[0]!, weight.shape[1]!];
  const groups = intAttribute(node, 'group', 1);
  const inputs = context.channels(0);
  if (perGroup === 1 && groups > 1) {
    // Depthwise: each input channel has its own outputs, which live and die with it.
    if (inputs?.length !== groups) return undefined;
    const repeats = outputs / groups;
    const through = Int32Array.from({ length: outputs }, (_, output) => inputs[Math.floor(output / repeats)]!);
    if (!recordBias(context, through)) return undefined;
    record('follows', 1, 0, through);
    return through;
  }
  const made = labels.fresh(outputs);
  if (!recordBias(context, made)) return undefined;
  // All groups of a convolution have equally many channels, so they lose them together.
  const rows = outputs / groups;
  for (let group = 1; group < groups; group++)
    labels.tie(made.subarray(0, rows), made.subarray(group * rows, (group + 1) * rows));
  record('produces', 1, 0, made);
  if (inputs) {
    const first = inputs.subarray(0, perGroup);
    for (let group = 1; group < groups; group++)
      labels.tie(first, inputs.subarray(group * perGroup, (group + 1) * perGroup));
    record('reads', 1, 1, first);
  }
  return made;
};

/** Gemm, or MatMul of `[N, features]`. */
const product: ChannelRule = (context) => {
  const { node, labels, record } = context;
  const weight = context.constant(1);
  const isTransposed = node.op === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
  if (weight?.shape.length !== 2 || context.shape(0)?.length !== 2) return undefined;
  if (node.op === 'Gemm' && intAttribute(node, 'transA', 0) !== 0) return undefined;
  const [inputAxis, outputAxis] = isTransposed ? [1, 0] : [0, 1];
  const made = labels.fresh(weight.shape[outputAxis]!);
  if (node.op === 'Gemm' && !recordBias(context, made)) return undefined;
  record('produces', 1, outputAxis, made);
  const inputs = context.channels(0);
  if (inputs) record('reads', 1, inputAxis, inputs);
  return made;
};

export const layerRules: Record<string, ChannelRule> = { Conv: conv, Gemm: product, MatMul: product };
