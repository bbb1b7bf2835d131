import { floatAttribute, intAttribute } from './attributes';
import { FreshNames } from './fresh-names';
import { copyGraph, type Graph, type Node, type Tensor } from './graph';
import { indexGraph } from './graph-index';
import { float32Tensor } from './make';
import { removeDead } from './remove-dead';

/** y = scale * x + shift, per channel. */
interface Affine {
  scale: Float64Array;
  shift: Float64Array;
}

/**
 * Folds each BatchNormalization, and each Mul, Div, Add or Sub by constants per channel, into the Conv or Gemm before
 * it, where nothing else reads that layer's result: W' = W * gamma / sqrt(var + epsilon), b' = (b - mean) * gamma /
 * sqrt(var + epsilon) + beta (Jacob et al., 2018, section 3.2). Computed in double precision. What follows another
 * operator, or is in training mode, stays.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const result = copyGraph(graph);
  const names = new FreshNames(graph);
  const index = indexGraph(result);
  const layerOf = new Map<string, Node>();
  const folded = new Set<Node>();
  for (const node of result.nodes) {
    const value = node.inputs.find((input) => input !== '' && !result.initializers.has(input)) ?? '';
    const layer = layerOf.get(value) ?? index.producer(value);
    if (!layer || index.soleConsumer(value) !== node) continue;
    const weights = foldable(layer, result.initializers);
    const affine = weights && affineOf(node, value, weights, result.initializers);
    if (!affine) continue;

    const weightName = names.like(`${layer.inputs[1]}_folded`);
    const biasName = names.like(`${layer.inputs[1]}_bias`);
    result.initializers.set(weightName, scaleWeights(weights, affine.scale));
    result.initializers.set(biasName, foldBias(weights.bias, affine));
    // The layer takes over the name of the result, so that consumers and outputs need no change.
    layer.inputs = [layer.inputs[0]!, weightName, biasName];
    layer.outputs = [node.outputs[0]!];
    if (layer.op === 'Gemm') layer.attributes['beta'] = { type: 'float', value: 1 };
    layerOf.set(node.outputs[0]!, layer);
    folded.add(node);
  }
  if (folded.size === 0) return graph;
  result.nodes = result.nodes.filter((node) => !folded.has(node));
  return removeDead(result);
}

interface Foldable {
  weight: Tensor;
  channels: number;
  /** Elements between consecutive entries of one channel: channel = floor(index / stride) % channels. */
  stride: number;
  bias?: Tensor;
}

/** The constant float32 weights and bias of a Conv or Gemm, or undefined when they are computed or of another type. */
function foldable(layer: Node, initializers: Map<string, Tensor>): Foldable | undefined {
  if (layer.domain !== '' || (layer.op !== 'Conv' && layer.op !== 'Gemm')) return undefined;
  const weight = initializers.get(layer.inputs[1] ?? '');
  if (weight?.type !== 'float32' || weight.shape.length < 2) return undefined;
  const isLastAxis = layer.op === 'Gemm' && intAttribute(layer, 'transB', 0) === 0;
  const channels = (isLastAxis ? weight.shape[1] : weight.shape[0]) ?? 0;
  const stride = isLastAxis ? 1 : weight.data.length / channels;

  const biasName = layer.inputs[2] ?? '';
  if (biasName === '') return { weight, channels, stride };
  const bias = initializers.get(biasName);
  if (bias?.type !== 'float32') return undefined;
  // Gemm also takes a bias that is broadcast: only the plain one is handled, scaled by its beta.
  if (bias.data.length !== channels || bias.shape.at(-1) !== channels) return undefined;
  const beta = layer.op === 'Gemm' ? floatAttribute(layer, 'beta', 1) : 1;
  const scaled =
    beta === 1
      ? bias
      : float32Tensor(
          [channels],
          Float32Array.from(bias.data as Float32Array, (value) => value * beta),
        );
  return { weight, channels, stride, bias: scaled };
}

function affineOf(node: Node, value: string, layer: Foldable, initializers: Map<string, Tensor>): Affine | undefined {
  if (node.domain !== '') return undefined;
  if (node.op === 'BatchNormalization')
    return node.inputs[0] === value ? batchNorm(node, layer, initializers) : undefined;
  const [a, b] = node.inputs;
  const constant = perChannel(initializers.get((a === value ? b : a) ?? ''), layer);
  if (!constant) return undefined;
  const isFirst = a === value;
  const ones = new Float64Array(layer.channels).fill(1);
  const zeros = new Float64Array(layer.channels);
  switch (node.op) {
    case 'Add':
      return { scale: ones, shift: constant };
    case 'Sub':
      return isFirst
        ? { scale: ones, shift: constant.map((each) => -each) }
        : { scale: ones.map((one) => -one), shift: constant };
    case 'Mul':
      return { scale: constant, shift: zeros };
    case 'Div':
      return isFirst ? { scale: constant.map((each) => 1 / each), shift: zeros } : undefined;
    default:
      return undefined;
  }
}

/** A constant that broadcasts over all but the channels of the layer's output, as one number per channel. */
function perChannel(tensor: Tensor | undefined, { weight, channels }: Foldable): Float64Array | undefined {
  const rank = weight.shape.length;
  if (tensor?.type !== 'float32' || tensor.shape.length > rank) return undefined;
  const shape = [...new Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape];
  if (shape.some((dimension, axis) => dimension !== 1 && !(axis === 1 && dimension === channels))) return undefined;
  const data = tensor.data as Float32Array;
  return Float64Array.from({ length: channels }, (_, channel) => data[data.length === 1 ? 0 : channel]!);
}

function batchNorm(norm: Node, { channels }: Foldable, initializers: Map<string, Tensor>): Affine | undefined {
  if (intAttribute(norm, 'training_mode', 0) !== 0) return undefined;
  const [gamma, beta, mean, variance] = norm.inputs.slice(1, 5).map((name) => {
    const tensor = initializers.get(name);
    return tensor?.type === 'float32' && tensor.data.length === channels ? (tensor.data as Float32Array) : undefined;
  });
  if (!gamma || !beta || !mean || !variance) return undefined;
  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  const shift = Float64Array.from(beta, (value, channel) => value - mean[channel]! * scale[channel]!);
  return { scale, shift };
}

function scaleWeights({ weight, channels, stride }: Foldable, scale: Float64Array): Tensor {
  const source = weight.data as Float32Array;
  const data = new Float32Array(source.length);
  let position = 0;
  while (position < data.length) {
    for (let channel = 0; channel < channels; channel++) {
      const factor = scale[channel]!;
      for (const end = position + stride; position < end; position++) data[position] = source[position]! * factor;
    }
  }
  return float32Tensor(weight.shape, data);
}

function foldBias(bias: Tensor | undefined, { scale, shift }: Affine): Tensor {
  const values = bias?.data as Float32Array | undefined;
  const data = Float32Array.from(shift, (value, channel) => value + (values?.[channel] ?? 0) * scale[channel]!);
  return float32Tensor([data.length], data);
}
