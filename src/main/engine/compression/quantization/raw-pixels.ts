import type { ModelCard } from '@shared/model-card';
import { intAttribute } from '../../onnx/attributes';
import { copyGraph, type Attribute, type Graph, type Node, type Tensor } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { attr, float32Tensor, int32Tensor, int64Tensor, int8Tensor, makeNode, uint8Tensor } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { quantizeBias, quantizeInt8, roundHalfEven, scalesThatHoldBias } from '../algebra/affine-quantization';
import { weightChannels } from './channel-scaling';
import { decodeWeights } from '../layers/decode-weights';
import { FreshNames } from '../../onnx/fresh-names';

/** Says what stands in the way, with the node's name. */
export class NotFoldable extends Error {}

interface FirstLayer {
  conv: Node;
  /** The input, or what transposes it to `[N,3,H,W]`. */
  pixels: string;
  /** int8 `[outputs, 3, ...kernel]`. */
  codes: Tensor;
  weightNode: Node;
  scales: Float32Array;
  zeroPoints: Int8Array;
  bias: Float64Array;
  perChannel: boolean;
}

function firstLayer(graph: Graph, constants: ReadonlyMap<string, Tensor>): FirstLayer {
  const index = indexGraph(graph);
  const only = (value: string, op: string): Node => {
    const readers = index.consumers(value);
    const other = readers.find((reader) => reader.op !== op);
    if (other || readers.length !== 1 || index.isOutput(value))
      throw new NotFoldable(
        `its input goes to the node "${other?.name || other?.op || value}" in float, not to one quantized convolution`,
      );
    return readers[0]!;
  };
  let pixels = graph.inputs[0]!.name;
  const turned = index.soleConsumer(pixels);
  if (turned?.op === 'Transpose') pixels = turned.outputs[0]!;
  const copied = index.soleConsumer(pixels);
  const isCopied = copied?.op === 'Sum' && copied.inputs.length === 1;
  const quantize = only(isCopied ? copied.outputs[0]! : pixels, 'QuantizeLinear');
  const conv = only(only(quantize.outputs[0]!, 'DequantizeLinear').outputs[0]!, 'Conv');
  const weightNode = index.producer(conv.inputs[1] ?? '');
  const [codes, scale, zeroPoint] = (weightNode?.inputs ?? []).map((name) => constants.get(name));
  if (weightNode?.op !== 'DequantizeLinear' || codes?.type !== 'int8' || scale?.type !== 'float32')
    throw new NotFoldable(`the first convolution "${conv.name}" has no int8 weights`);
  if (codes.shape[1] !== 3 || intAttribute(conv, 'group', 1) !== 1)
    throw new NotFoldable(`the first convolution "${conv.name}" does not read the three colours together`);
  const outputs = codes.shape[0]!;
  const biasNode = index.producer(conv.inputs[2] ?? '');
  const [steps, biasScale] = (biasNode?.inputs ?? []).map((name) => constants.get(name)?.data);
  if (conv.inputs[2] && (biasNode?.op !== 'DequantizeLinear' || !steps || !biasScale))
    throw new NotFoldable(`the bias of the first convolution "${conv.name}" is not an integer`);
  return {
    conv,
    pixels,
    codes,
    weightNode,
    scales: scale.data as Float32Array,
    zeroPoints: (zeroPoint?.data ?? new Int8Array(1)) as Int8Array,
    bias: Float64Array.from({ length: outputs }, (_, channel) =>
      steps && biasScale ? Number(steps[channel]) * Number(biasScale[biasScale.length === 1 ? 0 : channel]) : 0,
    ),
    perChannel: scale.data.length > 1,
  };
}

const at = (values: ArrayLike<number>, channel: number): number => values[values.length === 1 ? 0 : channel]!;

/** The float weights behind the codes: those of the float network where these are its rounding, else what the codes stand for. */
function floatWeights({ codes, scales, zeroPoints }: FirstLayer, reference: Tensor | undefined): Float32Array {
  const perOutput = codes.data.length / codes.shape[0]!;
  const stood = Float32Array.from(codes.data as Int8Array, (code, index) => {
    const channel = Math.floor(index / perOutput);
    return (code - at(zeroPoints, channel)) * at(scales, channel);
  });
  const original = reference?.data as Float32Array | undefined;
  const isRounding =
    original?.length === stood.length &&
    original.every(
      (value, index) => Math.abs(value - stood[index]!) <= 0.501 * at(scales, Math.floor(index / perOutput)),
    );
  return isRounding ? original : stood;
}

/** Pads each colour with its own mean, which is what zero was before: one zero point cannot stand for three. */
function padColours(graph: Graph, conv: Node, input: string, means: readonly number[], names: FreshNames): string {
  const pads = conv.attributes['pads'];
  const spatial = pads?.type === 'ints' ? pads.value : [];
  const half = spatial.length / 2;
  const store = (tensor: Tensor): string => {
    const name = names.next();
    graph.initializers.set(name, tensor);
    return name;
  };
  const padsName = store(
    int64Tensor([spatial.length + 4], [0, 0, ...spatial.slice(0, half), 0, 0, ...spatial.slice(half)]),
  );
  const colours = means.map(() => names.next());
  const parts = store(int64Tensor([3], [1, 1, 1]));
  const added = [makeNode('Split', [input, parts], colours, { axis: attr.int(1) }, '')];
  const padded = colours.map((colour, channel) => {
    const output = names.next();
    added.push(makeNode('Pad', [colour, padsName, store(uint8Tensor([], [means[channel]!]))], [output], {}, ''));
    return output;
  });
  const joined = names.next();
  added.push(makeNode('Concat', padded, [joined], { axis: attr.int(1) }, ''));
  graph.nodes.splice(graph.nodes.indexOf(conv), 0, ...added);
  conv.attributes = { ...conv.attributes, pads: attr.ints(spatial.map(() => 0)) };
  return joined;
}

function hasPadding(conv: Node): boolean {
  const pads = conv.attributes['pads'];
  return pads?.type === 'ints' && pads.value.some((pad) => pad !== 0);
}

/**
 * A QDQ network that takes raw pixels, uint8, in place of normalised ones: W x (p - mean) / std + b = (W / std) x (p - z) + (b - sum W
 * (mean - z) / std), where z is the zero point of the input. Padding means a normalised 0: that is z where z lies within half a grey
 * level of every mean; else each colour is padded with its own. A network that takes `[N,H,W,3]` transposes the pixels as they are.
 * @param reference the first layer's float weights, so that they are rounded once only
 * Throws `NotFoldable`.
 */
export async function takeRawPixels(
  graph: Graph,
  card: ModelCard,
  reference?: (node: string) => Tensor | undefined,
): Promise<Graph> {
  const layer = firstLayer(graph, (await decodeWeights(graph)).initializers);
  const auto = layer.conv.attributes['auto_pad'];
  if (auto?.type === 'string' && auto.value.startsWith('SAME'))
    throw new NotFoldable(`the first convolution "${layer.conv.name}" pads automatically (${auto.value})`);
  const { mean, std } = card.preprocess;
  const weights = floatWeights(layer, reference?.(layer.conv.name));
  const channels = weightChannels({ ...layer, node: layer.conv, weightName: '', weight: layer.codes, channelAxis: 0 });
  const scaled = float32Tensor(
    layer.codes.shape,
    weights.map((weight, index) => weight / std[channels.inputOf(index)]!),
  );

  const zeroPoint = Math.min(255, Math.max(0, roundHalfEven((Math.min(...mean) + Math.max(...mean)) / 2)));
  const largestCode = (layer.codes.data as Int8Array).reduce((largest, code) => Math.max(largest, Math.abs(code)), 1);
  const peak = Math.min(127, largestCode);
  const peaks = new Float32Array(layer.perChannel ? channels.outputs : 1);
  (scaled.data as Float32Array).forEach((weight, index) => {
    const group = layer.perChannel ? channels.outputOf(index) : 0;
    peaks[group] = Math.max(peaks[group]!, Math.abs(weight) / peak);
  });
  const axis = layer.perChannel ? 0 : undefined;
  const roundedOf = (scales: Float32Array): Int8Array => quantizeInt8(scaled, scales, axis);
  const biasFor = (scales: Float32Array, codes: Int8Array): Float32Array => {
    const bias = Float64Array.from(layer.bias);
    codes.forEach((code, index) => {
      const channel = channels.outputOf(index);
      bias[channel]! -= code * at(scales, channel) * (mean[channels.inputOf(index)]! - zeroPoint);
    });
    return Float32Array.from(bias);
  };
  const first = peaks.map((value) => value || 1);
  const scales = scalesThatHoldBias(first, 1, biasFor(first, roundedOf(first)));
  const codes = roundedOf(scales);
  const bias = biasFor(scales, codes);

  const result = copyGraph(graph);
  const conv = result.nodes[graph.nodes.indexOf(layer.conv)]!;
  const names = new FreshNames(result);
  const store = (tensor: Tensor): string => {
    const name = names.next();
    result.initializers.set(name, tensor);
    return name;
  };
  const input = result.inputs[0]!;
  const scaleShape = layer.perChannel ? [scales.length] : [];
  const scaleName = store(float32Tensor(scaleShape, scales));
  const byChannel: Record<string, Attribute> = layer.perChannel ? { axis: attr.int(0) } : {};
  const [dequantized, weight, biasName] = [names.next(), names.next(), names.next()];
  const zeroPointName = store(uint8Tensor([], [zeroPoint]));
  const weightName = store(int8Tensor(layer.codes.shape, codes));
  const stepsName = store(int32Tensor([bias.length], quantizeBias(bias, 1, scales)));
  result.nodes.splice(
    result.nodes.indexOf(conv),
    0,
    makeNode('DequantizeLinear', [weightName, scaleName], [weight], byChannel, ''),
    makeNode('DequantizeLinear', [stepsName, scaleName], [biasName], byChannel, ''),
  );
  const isFar = mean.some((value) => Math.abs(value - zeroPoint) > 0.5);
  const pixels =
    hasPadding(conv) && isFar ? padColours(result, conv, layer.pixels, mean.map(roundHalfEven), names) : layer.pixels;
  const one = store(float32Tensor([], [1]));
  const dequantize = makeNode('DequantizeLinear', [pixels, one, zeroPointName], [dequantized], {}, '');
  result.nodes.splice(result.nodes.indexOf(conv), 0, dequantize);
  conv.inputs = [dequantized, weight, biasName];
  input.type = 'uint8';
  return removeDead(result);
}

/** Weights of matrix products with the zero point that other writers leave out: without it ONNX Runtime fuses Conv but not Gemm. */
function withZeroPoints(graph: Graph): Graph {
  const index = indexGraph(graph);
  const result = copyGraph(graph);
  const names = new FreshNames(result);
  const weights = new Set(
    graph.nodes
      .filter((node) => node.op === 'Gemm' || node.op === 'MatMul')
      .map((node) => index.producer(node.inputs[1] ?? '')?.outputs[0]),
  );
  for (const node of result.nodes) {
    const scale = result.initializers.get(node.inputs[1] ?? '');
    if (node.op !== 'DequantizeLinear' || node.inputs.length > 2 || !weights.has(node.outputs[0]) || !scale) continue;
    const zeroPoint = names.next();
    result.initializers.set(zeroPoint, int8Tensor(scale.shape, new Int8Array(scale.data.length)));
    node.inputs.push(zeroPoint);
  }
  return result;
}

/** The last DequantizeLinear goes: the scores come as the integers they were. Throws `NotFoldable`. */
export function giveIntegers(source: Graph): Graph {
  const graph = withZeroPoints(source);
  const index = indexGraph(graph);
  const result = copyGraph(graph);
  for (const output of result.outputs) {
    const last = index.producer(output.name);
    const quantized = last?.inputs[0] ?? '';
    const producer = index.producer(quantized);
    if (last?.op !== 'DequantizeLinear' || !producer || index.consumers(output.name).length > 0)
      throw new NotFoldable(
        `the node "${last?.name || last?.op || output.name}" gives the scores "${output.name}" in float`,
      );
    const zeroPoint = graph.initializers.get(last.inputs[2] ?? '');
    output.type = zeroPoint?.type ?? 'uint8';
    const rename = (name: string): string => (name === quantized ? output.name : name);
    result.nodes = result.nodes
      .filter((node) => !node.outputs.includes(output.name))
      .map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }));
  }
  return removeDead(result);
}
