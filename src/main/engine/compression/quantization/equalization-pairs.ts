import { intAttribute } from '../../onnx/attributes';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { weightLayers, type WeightLayer } from '../layers/weight-layers';

/** Two layers with nothing between them but what scales with its input, channel by channel. */
export interface EqualizationPair {
  first: WeightLayer;
  /** A Relu, or a Clip from 0 to `cap`. */
  activation?: Node;
  cap?: number;
  /** All readers of the channels; usually one. */
  seconds: WeightLayer[];
  /** Whether a constant may be taken from the channels and given to the readers' biases: no reader sees padding. */
  canShift: boolean;
}

/** f(s x) = s f(x) for every channel and s > 0. */
const poolingOps = new Set(['MaxPool', 'AveragePool', 'GlobalAveragePool']);

interface Finder {
  graph: Graph;
  index: GraphIndex;
  layers: ReadonlyMap<Node, WeightLayer>;
  uses: ReadonlyMap<string, number>;
}

const scalar = ({ graph }: Finder, name: string | undefined): number | undefined => {
  const tensor = graph.initializers.get(name ?? '');
  return tensor?.type === 'float32' && tensor.data.length === 1 ? Number(tensor.data[0]) : undefined;
};

/** Weights and bias belong to this layer alone, so they may be scaled. */
function isOwn({ graph, uses }: Finder, { node, weightName, weight, channelAxis }: WeightLayer): boolean {
  const biasName = node.inputs[2] ?? '';
  if (uses.get(weightName) !== 1 || node.op === 'MatMul') return false;
  if (biasName === '') return true;
  const bias = graph.initializers.get(biasName);
  return bias?.type === 'float32' && uses.get(biasName) === 1 && bias.data.length === weight.shape[channelAxis];
}

function hasPadding(node: Node): boolean {
  const pads = node.attributes['pads'];
  const auto = node.attributes['auto_pad'];
  const isAutomatic = auto?.type === 'string' && auto.value.startsWith('SAME');
  return isAutomatic || (pads?.type === 'ints' && pads.value.some((pad) => pad !== 0));
}

function pairFrom(finder: Finder, first: WeightLayer): EqualizationPair | undefined {
  const { index, layers } = finder;
  let value = first.node.outputs[0]!;
  let [activation, cap]: [Node | undefined, number | undefined] = [undefined, undefined];
  let canShift = true;
  let isPooled = false;
  for (;;) {
    const next = index.soleConsumer(value);
    if (next === undefined || next.domain !== '') break;
    if (!activation && (next.op === 'Relu' || next.op === 'Clip')) {
      if (isPooled) return undefined;
      if (next.op === 'Clip') {
        cap = scalar(finder, next.inputs[2]);
        if (scalar(finder, next.inputs[1]) !== 0 || cap === undefined) return undefined;
      }
      activation = next;
    } else if (poolingOps.has(next.op)) {
      if (next.op === 'AveragePool' && hasPadding(next)) canShift = false;
      isPooled ||= next.op === 'GlobalAveragePool';
    } else if (next.op !== 'Flatten' || !isPooled || intAttribute(next, 'axis', 1) !== 1) break;
    value = next.outputs[0]!;
  }
  if (index.isOutput(value)) return undefined;
  const readers = index.consumers(value);
  const seconds = readers.flatMap((node) => {
    const layer = layers.get(node);
    return layer && node.inputs[0] === value && node.inputs.lastIndexOf(value) === 0 ? [layer] : [];
  });
  if (readers.length === 0 || seconds.length < readers.length || !seconds.every((layer) => isOwn(finder, layer)))
    return undefined;
  if (seconds.some(({ node }) => node.op === 'Gemm' && intAttribute(node, 'transA', 0) !== 0)) return undefined;
  return { first, activation, cap, seconds, canShift: canShift && !seconds.some(({ node }) => hasPadding(node)) };
}

/** The pairs of a float graph with plain weights and batch norms folded, in graph order. */
export function equalizationPairs(graph: Graph): EqualizationPair[] {
  const uses = new Map<string, number>();
  for (const name of graph.nodes.flatMap((node) => node.inputs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const layers = new Map(weightLayers(graph).map((layer) => [layer.node, layer]));
  const finder: Finder = { graph, index: indexGraph(graph), layers, uses };
  return [...layers.values()].flatMap((layer) => {
    const isConvolution = layer.node.op === 'Conv';
    const pair = isConvolution && isOwn(finder, layer) ? pairFrom(finder, layer) : undefined;
    return pair ? [pair] : [];
  });
}
