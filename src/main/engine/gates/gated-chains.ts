import { intAttribute, intsAttribute, stringAttribute } from '../onnx/attributes';
import type { Graph, Node } from '../onnx/graph';
import { indexGraph, type GraphIndex } from '../onnx/graph-index';
import { weightLayers, type WeightLayer } from '../compression/layers/weight-layers';

/** Channels between two convolutions that nobody else reads. */
export interface HiddenChannels {
  /** What the reader takes, `[N,C,...spatial]`. */
  value: string;
  channels: number;
  /** The convolution that makes the channels, then depthwise ones on the way. */
  makers: readonly Node[];
  reader: Node;
}

/** Convolutions one after the other of which some channels are to be computed for each image. */
export interface GatedChain {
  /** What the first of them reads: all gates look at it. */
  input: string;
  hidden: readonly HiddenChannels[];
}

/** Operators that work on each channel by itself. */
const passing = new Set(
  'Relu LeakyRelu Elu Celu Selu ThresholdedRelu Clip HardSwish HardSigmoid Sigmoid Tanh Softplus MaxPool AveragePool'.split(
    ' ',
  ),
);

/** A gate sees the means of its input's channels: three colours tell nothing of an image. */
const leastSeen = 8;
/** Channels in a row that are gated by what is seen before them. */
const longest = 2;

/**
 * The chains that start at each convolution, the longest last: one hidden value, or two in a row. What a gate looks at has all its channels.
 * @param graph with plain weights and batch norms folded. @param isLeft layers that keep all their channels
 */
export function chainsFrom(graph: Graph, isLeft: (node: Node) => boolean): Map<Node, GatedChain[]> {
  const hidden = hiddenChannels(graph, isLeft);
  return new Map(
    [...hidden.keys()].map((first) => {
      const chains: GatedChain[] = [];
      const links: HiddenChannels[] = [];
      const isSeen = graph.initializers.get(first.inputs[1]!)!.shape[1]! >= leastSeen;
      for (let next = hidden.get(first); isSeen && next && links.length < longest; next = hidden.get(next.reader)) {
        links.push(next);
        chains.push({ input: first.inputs[0]!, hidden: [...links] });
      }
      return [first, chains];
    }),
  );
}

/** By the convolution that makes them. */
function hiddenChannels(graph: Graph, isLeft: (node: Node) => boolean): Map<Node, HiddenChannels> {
  const uses = new Map<string, number>();
  for (const name of graph.nodes.flatMap(({ inputs }) => inputs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const isOwn = ({ node: { inputs }, weightName }: WeightLayer): boolean => {
    const bias = inputs[2] ?? '';
    return uses.get(weightName) === 1 && (bias === '' || (graph.initializers.has(bias) && uses.get(bias) === 1));
  };
  const convolutions = weightLayers(graph).filter(
    (layer) => layer.node.op === 'Conv' && isOwn(layer) && !isLeft(layer.node),
  );
  const layers = new Map(convolutions.map((layer) => [layer.node, layer]));
  const index = indexGraph(graph);
  return new Map(
    convolutions.flatMap((layer): [Node, HiddenChannels][] => {
      const found = isDense(layer.node) ? hiddenFrom(layer, layers, index) : undefined;
      return found ? [[layer.node, found]] : [];
    }),
  );
}

const isDense = (node: Node): boolean => intAttribute(node, 'group', 1) === 1;

function hiddenFrom(
  { node, weight }: WeightLayer,
  layers: ReadonlyMap<Node, WeightLayer>,
  index: GraphIndex,
): HiddenChannels | undefined {
  const channels = weight.shape[0]!;
  const makers = [node];
  let value = node.outputs[0]!;
  for (;;) {
    const next = index.soleConsumer(value);
    if (!next || next.domain !== '' || next.inputs.lastIndexOf(value) !== 0) return undefined;
    const layer = layers.get(next);
    if (layer && isDense(next)) return { value, channels, makers, reader: next };
    if (layer && layer.weight.shape[1] === 1 && layer.weight.shape[0] === channels) makers.push(next);
    else if (!passing.has(next.op) || (next.outputs[1] ?? '') !== '') return undefined;
    value = next.outputs[0]!;
  }
}

/** Whether the reader of hidden channels is a matrix product of which all outputs are computed. */
export const isReadByProduct = (graph: Graph, { hidden }: GatedChain, { reader }: HiddenChannels): boolean =>
  hidden.at(-1)!.reader === reader && isPointwise(reader, graph.initializers.get(reader.inputs[1]!)!.shape);

/** A convolution that is a matrix product at each position: it may take its weights transposed, so that a channel's are in one piece. */
export function isPointwise(node: Node, weightShape: readonly number[]): boolean {
  const isAll = (name: string, wanted: number): boolean =>
    (intsAttribute(node, name) ?? []).every((value) => value === wanted);
  const isPlain = isAll('strides', 1) && isAll('pads', 0) && stringAttribute(node, 'auto_pad', 'NOTSET') !== 'VALID';
  return isPlain && weightShape.slice(2).every((size) => size === 1);
}
