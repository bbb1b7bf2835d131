import { intAttribute } from '../../../../onnx/attributes';
import { FreshNames } from '../../../../onnx/fresh-names';
import { copyGraph, type Graph, type Node, type Tensor } from '../../../../onnx/graph';
import { indexGraph } from '../../../../onnx/graph-index';
import { attr, float32Tensor, int64Tensor, int8Tensor, makeNode } from '../../../../onnx/make';
import { inferShapes } from '../../../../onnx/shapes';
import { windowsOf, type Window } from '../../../from-onnx/window-padding';
import { int8Codes } from './codes';
import { codedConstant } from './integer-operators';
import type { IntegerNetwork } from './integer-network';
import type { PixelNormalisation } from './normalise-pixels';

/** A mean further than half a grey level from the zero point needs padding of its own. */
const nearestLevel = 0.5;

interface FirstLayer {
  conv: Node;
  /** int8 `[outputs, channels, height, width]`. */
  codes: Tensor;
  /** One per output. */
  scales: number[];
  bias: Float64Array;
}

function firstLayer(graph: Graph, input: string, channels: number): FirstLayer | undefined {
  const index = indexGraph(graph);
  const conv = index.soleConsumer(input);
  const weights = conv?.op === 'Conv' ? codedConstant(conv.inputs[1]!, graph, index) : undefined;
  if (!conv || !weights) return undefined;
  const [codes, scale] = weights.node.inputs.map((name) => graph.initializers.get(name)!);
  if (codes?.type !== 'int8' || codes.shape[1] !== channels || intAttribute(conv, 'group', 1) !== 1) return undefined;
  const outputs = codes.shape[0]!;
  const bias = biasOf(graph, index.producer(conv.inputs[2] ?? ''), conv.inputs[2] ?? '', outputs);
  const scales = Array.from({ length: outputs }, (_, channel) => at(scale!.data, channel));
  return bias && { conv, codes, scales, bias };
}

const at = (values: Tensor['data'], channel: number): number => Number(values[values.length > 1 ? channel : 0]);

/** The numbers behind a bias in floats or in codes. */
function biasOf(graph: Graph, coded: Node | undefined, name: string, outputs: number): Float64Array | undefined {
  if (name === '') return new Float64Array(outputs);
  const [steps, scale] = (coded?.inputs ?? [name]).map((each) => graph.initializers.get(each)?.data);
  if (!steps || (coded && !scale)) return undefined;
  return Float64Array.from(
    { length: outputs },
    (_, channel) => Number(steps[channel]) * (scale ? at(scale, channel) : 1),
  );
}

/** Weights for (p - zero) / least in place of (p - mean) / std: w std' is rounded to the codes that the layer uses already. */
function foldedWeights(
  { codes, scales, bias: before }: FirstLayer,
  { mean, std }: PixelNormalisation,
  { zero, least }: { zero: number; least: number },
): { codes: Int8Array; scales: number[]; bias: Float64Array } {
  const area = codes.shape[2]! * codes.shape[3]!;
  const perOutput = area * mean.length;
  const folded = new Int8Array(codes.data.length);
  const bias = Float64Array.from(before);
  const peakOf = (values: Float64Array): number => values.reduce((peak, each) => Math.max(peak, Math.abs(each)), 0);
  const newScales = scales.map((scale, output) => {
    const own = Float64Array.from(codes.data.subarray(output * perOutput, (output + 1) * perOutput) as Int8Array);
    const wanted = own.map((code, index) => (code * least) / std[Math.floor(index / area)]!);
    const shrunk = peakOf(own) === 0 ? 1 : peakOf(wanted) / peakOf(own);
    const step = Math.fround(scale * shrunk);
    wanted.forEach((value, index) => {
      const code = Math.round(value / shrunk);
      folded[output * perOutput + index] = code;
      bias[output]! += (code * step * (zero - mean[Math.floor(index / area)]!)) / least;
    });
    return step;
  });
  return { codes: folded, scales: newScales, bias };
}

/**
 * A network whose first operator is a convolution in integers takes pixels p as they are, in the codes p - 128:
 * sum w (p - mean) / std + b = sum v (p - zero) / least + (b + sum v (zero - mean) / least), with v = w least / std, least the smallest standard deviation and zero the level in
 * the middle of the means. Where all standard deviations are one, no weight changes; else those of this layer are rounded once more. What pads an image is a normalised 0: that
 * is zero, where all means lie within half a level of it, else each channel is padded with its own mean.
 * @param codes what the network's input is turned into first. @returns undefined where another operator reads them
 */
export function foldPixels(
  network: IntegerNetwork,
  codes: string,
  normalisation: PixelNormalisation,
): IntegerNetwork | undefined {
  const { mean, std } = normalisation;
  const layer = firstLayer(network.graph, codes, mean.length);
  if (!layer) return undefined;
  const graph = copyGraph(network.graph);
  const names = new FreshNames(graph);
  const conv = graph.nodes[network.graph.nodes.indexOf(layer.conv)]!;
  const least = Math.min(...std);
  const zero = Math.max(0, Math.min(255, Math.round((Math.min(...mean) + Math.max(...mean)) / 2)));
  const folded = foldedWeights(layer, normalisation, { zero, least });

  const store = (role: string, tensor: Tensor): string => {
    const name = names.like(`${conv.name}_${role}`);
    graph.initializers.set(name, tensor);
    return name;
  };
  const weights = names.like(`${conv.name}_weights`);
  const coded = [
    store('codes', int8Tensor(layer.codes.shape, folded.codes)),
    store('scales', float32Tensor([folded.scales.length], folded.scales)),
  ];
  const added = [makeNode('DequantizeLinear', coded, [weights], { axis: attr.int(0) })];
  const bias = store('bias', float32Tensor([folded.bias.length], folded.bias));

  const scale = Math.fround(1 / least);
  const types = new Map(network.types);
  const pixels = int8Codes(scale, zero - 128);
  types.set(graph.inputs[0]!.name, { type: 'UINT8', quantization: { scale: [scale], zeroPoint: [zero], axis: 0 } });
  types.set(codes, pixels);
  const spatial = inferShapes(graph).get(codes)!.shape.slice(2).map(Number);
  const windows = windowsOf(conv, spatial, layer.codes.shape.slice(2));
  const pads = windows.some(({ before, behind }) => before + behind > 0);
  let input = codes;
  if (pads && mean.some((value) => Math.abs(value - zero) > nearestLevel)) {
    const levels = mean.map((value) => (Math.round(value) - zero) / least);
    const padded = padChannels(codes, windows, levels, { names, store });
    input = padded.output;
    added.push(...padded.nodes);
    for (const value of padded.nodes.flatMap(({ outputs }) => outputs)) types.set(value, pixels);
    conv.attributes = { ...conv.attributes, auto_pad: attr.string('NOTSET'), pads: attr.ints([0, 0, 0, 0]) };
  }
  conv.inputs = [input, weights, bias];
  graph.nodes.splice(graph.nodes.indexOf(conv), 0, ...added);
  return { graph, types };
}

/** Pads each channel of `[1,C,H,W]` with a number of its own. */
function padChannels(
  value: string,
  windows: readonly Window[],
  numbers: readonly number[],
  { names, store }: { names: FreshNames; store(role: string, tensor: Tensor): string },
): { output: string; nodes: Node[] } {
  const [before, behind] = [windows.map((window) => window.before), windows.map((window) => window.behind)];
  const amounts = store('pads', int64Tensor([8], [0, 0, ...before, 0, 0, ...behind]));
  const ones = numbers.map(() => 1);
  const parts = numbers.map(() => names.like(`${value}_channel`));
  const padded = parts.map((part) => names.like(`${part}_padded`));
  const output = names.like(`${value}_padded`);
  const axis = { axis: attr.int(1) };
  const nodes = [
    makeNode('Split', [value, store('channels', int64Tensor([ones.length], ones))], parts, axis),
    ...numbers.map((number, channel) => {
      const level = store('level', float32Tensor([], [number]));
      return makeNode('Pad', [parts[channel]!, amounts, level], [padded[channel]!]);
    }),
    makeNode('Concat', padded, [output], axis),
  ];
  return { output, nodes };
}
