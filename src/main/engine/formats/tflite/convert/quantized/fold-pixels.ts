import { intAttribute } from '../../../../onnx/attributes';
import { FreshNames } from '../../../../onnx/fresh-names';
import { copyGraph, type Graph, type Node } from '../../../../onnx/graph';
import { indexGraph } from '../../../../onnx/graph-index';
import { attr, float32Tensor, int64Tensor, int8Tensor, makeNode } from '../../../../onnx/make';
import { inferShapes } from '../../../../onnx/shapes';
import { windowsOf } from '../window-padding';
import { int8Codes } from './codes';
import { codedConstant } from './integer-operators';
import type { IntegerNetwork } from './integer-network';
import type { PixelNormalisation } from './normalise-pixels';

/** Further than half a grey level from the zero point, a mean needs padding of its own. */
const nearestLevel = 0.5;

interface FirstLayer {
  conv: Node;
  /** int8 `[outputs, channels, height, width]`. */
  codes: Int8Array;
  shape: readonly number[];
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
  const scaleAt = (channel: number): number => Number(scale!.data[scale!.data.length > 1 ? channel : 0]);
  const bias = biasOf(graph, index.producer(conv.inputs[2] ?? ''), conv.inputs[2] ?? '', outputs);
  const scales = Array.from({ length: outputs }, (_, channel) => scaleAt(channel));
  return bias && { conv, codes: codes.data as Int8Array, shape: codes.shape, scales, bias };
}

function biasOf(graph: Graph, coded: Node | undefined, name: string, outputs: number): Float64Array | undefined {
  if (name === '') return new Float64Array(outputs);
  const [steps, scale] = (coded?.inputs ?? [name]).map((each) => graph.initializers.get(each)?.data);
  if (!steps || (coded && !scale)) return undefined;
  const scaleAt = (channel: number): number => (scale ? Number(scale[scale.length > 1 ? channel : 0]) : 1);
  return Float64Array.from({ length: outputs }, (_, channel) => Number(steps[channel]) * scaleAt(channel));
}

/**
 * A network whose first operator is a convolution in integers takes pixels p as they are, in the codes p - 128:
 * sum w (p - mean) / std + b = sum (w least / std) (p - zero) / least + b + sum (w least / std) (zero - mean) / least, where least is the smallest standard deviation and zero the
 * level in the middle of the means. Where all standard deviations are one, no weight changes; else those of the first layer are rounded once more. What pads an image is a
 * normalised 0: that is zero, where all means lie within half a level of it, else each channel is padded with its own mean.
 * @param codes what the network's input is turned into first. @returns undefined where another operator reads them
 */
export function foldPixels(
  network: IntegerNetwork,
  codes: string,
  { mean, std }: PixelNormalisation,
): IntegerNetwork | undefined {
  const layer = firstLayer(network.graph, codes, mean.length);
  if (!layer) return undefined;
  const graph = copyGraph(network.graph);
  const names = new FreshNames(graph);
  const conv = graph.nodes[network.graph.nodes.indexOf(layer.conv)]!;
  const least = Math.min(...std);
  const zero = Math.max(0, Math.min(255, Math.round((Math.min(...mean) + Math.max(...mean)) / 2)));
  const pixels = int8Codes(Math.fround(1 / least), zero - 128);

  const types = new Map(network.types);
  const area = layer.shape[2]! * layer.shape[3]!;
  const perOutput = area * mean.length;
  const weights = new Int8Array(layer.codes.length);
  const bias = Float64Array.from(layer.bias);
  const scales = layer.scales.map((scale, output) => {
    const own = layer.codes.subarray(output * perOutput, (output + 1) * perOutput);
    const factored = Float64Array.from(own, (code, at) => (code * least) / std[Math.floor(at / area)]!);
    const [before, after] = [own, factored].map((list) =>
      list.reduce((peak, each) => Math.max(peak, Math.abs(each)), 0),
    );
    const shrunk = before === 0 ? 1 : after! / before!;
    factored.forEach((value, at) => {
      const code = Math.round(value / shrunk);
      weights[output * perOutput + at] = code;
      bias[output]! += (code * shrunk * scale * (zero - mean[Math.floor(at / area)]!)) / least;
    });
    return Math.fround(scale * shrunk);
  });

  const store = (role: string, tensor: ReturnType<typeof int8Tensor>): string => {
    const name = names.like(`${conv.name}_${role}`);
    graph.initializers.set(name, tensor);
    return name;
  };
  const folded = names.like(`${conv.name}_pixel_weights`);
  const coded = [
    store('pixel_codes', int8Tensor([...layer.shape], weights)),
    store('pixel_scales', float32Tensor([scales.length], scales)),
  ];
  const isFar = mean.some((value) => Math.abs(value - zero) > nearestLevel);
  const windows = windowsOf(conv, inferShapes(graph).get(codes)!.shape.slice(2).map(Number), layer.shape.slice(2));
  const pads = windows.some(({ before, behind }) => before + behind > 0);
  const input = isFar && pads ? padByChannel() : codes;
  conv.inputs = [input, folded, store('pixel_bias', float32Tensor([bias.length], bias))];
  graph.nodes.splice(
    graph.nodes.indexOf(conv),
    0,
    makeNode('DequantizeLinear', coded, [folded], { axis: attr.int(0) }, folded),
  );
  const taken = {
    type: 'UINT8' as const,
    quantization: { scale: pixels.quantization.scale, zeroPoint: [zero], axis: 0 },
  };
  types.set(graph.inputs[0]!.name, taken).set(codes, pixels);
  return { graph, types };

  function padByChannel(): string {
    const before = windows.map((window) => window.before);
    const behind = windows.map((window) => window.behind);
    const amounts = store('pads', int64Tensor([8], [0, 0, ...before, 0, 0, ...behind]));
    const sizes = store(
      'channels',
      int64Tensor(
        [mean.length],
        mean.map(() => 1),
      ),
    );
    const parts = mean.map(() => names.like(`${codes}_channel`));
    const added = [makeNode('Split', [codes, sizes], parts, { axis: attr.int(1) })];
    const padded = parts.map((part, channel) => {
      const output = names.like(`${part}_padded`);
      const level = store('level', float32Tensor([], [(Math.round(mean[channel]!) - zero) / least]));
      added.push(makeNode('Pad', [part, amounts, level], [output]));
      return output;
    });
    const joined = names.like(`${codes}_padded`);
    added.push(makeNode('Concat', padded, [joined], { axis: attr.int(1) }));
    graph.nodes.splice(graph.nodes.indexOf(conv), 0, ...added);
    for (const name of [...parts, ...padded, joined]) types.set(name, pixels);
    conv.attributes = {
      ...conv.attributes,
      pads: attr.ints(windows.flatMap(() => [0, 0])),
      auto_pad: attr.string('NOTSET'),
    };
    return joined;
  }
}
