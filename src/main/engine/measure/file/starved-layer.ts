import type { FileMetrics } from '@shared/metrics';
import { intAttribute } from '../../onnx/attributes';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';

/** A channel whose weights reach no further than this many of the 127 steps is hardly more than signs. */
const fewSteps = 3;

/** int8 weights with one scale for the whole layer; undefined for any other form. */
function sharedScaleWeights(node: Node, graph: Graph, index: GraphIndex): Tensor | undefined {
  const source = node.op === 'QLinearConv' ? node.inputs.slice(3, 5) : index.producer(node.inputs[1] ?? '')?.inputs;
  const [codes, scale] = (source ?? []).map((name) => graph.initializers.get(name));
  return codes?.type === 'int8' && scale?.data.length === 1 ? codes : undefined;
}

function starvedChannels({ data, shape }: Tensor): number {
  const channels = shape[0]!;
  const size = data.length / channels;
  let starved = 0;
  for (let channel = 0; channel < channels; channel++) {
    const codes = data.subarray(channel * size, (channel + 1) * size) as Int8Array;
    if (codes.every((code) => Math.abs(code) <= fewSteps)) starved++;
  }
  return starved;
}

/**
 * The depthwise convolution of an int8 network in which one scale for all channels leaves most of them without steps; undefined where
 * every channel has a scale of its own, or none is starved.
 */
export function starvedLayer(graph: Graph): FileMetrics['starvedLayer'] {
  const index = indexGraph(graph);
  let worst: FileMetrics['starvedLayer'];
  for (const node of graph.nodes) {
    if ((node.op !== 'Conv' && node.op !== 'QLinearConv') || intAttribute(node, 'group', 1) < 2) continue;
    const weights = sharedScaleWeights(node, graph, index);
    if (!weights) continue;
    const [channels, of] = [starvedChannels(weights), weights.shape[0]!];
    if (channels > 0 && (!worst || channels / of > worst.channels / worst.of))
      worst = { node: node.name, channels, of };
  }
  return worst;
}
