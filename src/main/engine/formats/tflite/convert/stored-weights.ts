import { constantNodes, decodeWeights } from '../../../compression/layers/decode-weights';
import { weightStorage } from '../../../compression/layers/network-form';
import { weightLayers, type WeightLayer } from '../../../compression/layers/weight-layers';
import { gridStepOf } from '../../../compression/storage/weight-grid';
import { FreshNames } from '../../../onnx/fresh-names';
import type { Graph, Node, Tensor } from '../../../onnx/graph';
import { attr, float32Tensor, int8Tensor, makeNode } from '../../../onnx/make';

/** Of int8. Kernels take 127 both ways: the one lowest code of a channel is brought a step nearer. */
const mostSteps = 128;

/**
 * The network with its weights in forms that TensorFlow Lite has: halves and int8 codes stay what they are; few-bit weights become int8 codes
 * where each output channel has one step; what is stored sparsely, in clusters or in other codes is a dense tensor again.
 */
export async function storedWeights(graph: Graph): Promise<Graph> {
  const { nodes, types } = constantNodes(graph);
  const read = new Set(graph.nodes.filter((node) => !nodes.has(node)).flatMap((node) => node.inputs));
  const widens = ({ op, inputs, outputs }: Node): boolean =>
    op === 'Cast' && types.get(inputs[0] ?? '') === 'float16' && read.has(outputs[0]!);
  return withCodes(await decodeWeights(graph, widens), weightStorage(graph));
}

function withCodes(graph: Graph, storage: ReturnType<typeof weightStorage>): Graph {
  const layers = new Map<string, WeightLayer>();
  for (const layer of weightLayers(graph))
    if (storage.get(layer.weightName) === 'codes' && !layers.has(layer.weightName)) layers.set(layer.weightName, layer);
  const names = new FreshNames(graph);
  for (const [name, { weight, channelAxis }] of layers) {
    const steps = channelSteps(weight, channelAxis);
    if (!steps) continue;
    const [codesName, scaleName] = [names.like(`${name}_codes`), names.like(`${name}_scale`)];
    graph.initializers.delete(name);
    graph.initializers.set(codesName, codesOf(weight, channelAxis, steps));
    graph.initializers.set(scaleName, float32Tensor([steps.length], steps));
    graph.nodes.unshift(
      makeNode('DequantizeLinear', [codesName, scaleName], [name], { axis: attr.int(channelAxis) }, ''),
    );
  }
  return graph;
}

/** The place of each element's output channel. */
function channelOf({ shape }: Tensor, axis: number): (index: number) => number {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return (index) => Math.floor(index / inner) % shape[axis]!;
}

/** The weights of one output channel of `[outputs, ...]` or `[inputs, outputs]`. */
function channelRow({ data, shape }: Tensor, axis: number, channel: number): Float32Array {
  const count = shape[axis]!;
  const weights = data as Float32Array;
  const length = weights.length / count;
  return axis === 0
    ? weights.subarray(channel * length, (channel + 1) * length)
    : Float32Array.from({ length }, (_, row) => weights[row * count + channel]!);
}

/** The step of which all weights of a channel are multiples, for each channel; undefined where one has none. */
function channelSteps(weight: Tensor, axis: number): Float32Array | undefined {
  const steps = new Float32Array(weight.shape[axis]!);
  for (let channel = 0; channel < steps.length; channel++) {
    const step = gridStepOf(channelRow(weight, axis, channel), mostSteps);
    if (step === undefined) return undefined;
    steps[channel] = step === 0 ? 1 : step;
  }
  return steps;
}

function codesOf(weight: Tensor, axis: number, steps: Float32Array): Tensor {
  const channel = channelOf(weight, axis);
  const data = weight.data as Float32Array;
  return int8Tensor(
    weight.shape,
    new Int8Array(data.length).map((_, index) => Math.min(127, Math.round(data[index]! / steps[channel(index)]!))),
  );
}
