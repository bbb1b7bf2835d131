import type { LayerFacts } from '@shared/layers';
import { decodeWeights } from '../../compression/layers/decode-weights';
import { intAttribute } from '../../onnx/attributes';
import { macsByNode } from '../../onnx/count';
import type { Graph, Node } from '../../onnx/graph';
import { constantValues, nonZeroCount } from '../../onnx/parameters';
import { inferShapes } from '../../onnx/shapes';

/** Which input of an operator holds the weights of a layer. */
const weightInputs: Record<string, number> = {
  Conv: 1,
  ConvInteger: 1,
  Gemm: 1,
  MatMul: 1,
  MatMulInteger: 1,
  QLinearConv: 3,
  QLinearMatMul: 3,
};

/** A layer of a file in any form: float, sparse, few-bit or integer. */
export interface StoredLayer {
  /** Of the node, or of the value it gives where the file has no names. */
  name: string;
  node: Node;
  facts: Omit<LayerFacts, 'milliseconds' | 'latencyShare'>;
}

/** Nodes with constant weights, in graph order. */
export function layerNodes(graph: Graph): Node[] {
  const constant = constantValues(graph);
  return graph.nodes.filter((node) => {
    const weight = node.domain === '' ? weightInputs[node.op] : undefined;
    return weight !== undefined && constant.has(node.inputs[weight] ?? '') && !constant.has(node.outputs[0]!);
  });
}

/** Channels, MACs, zeros and stored bytes of every layer, in graph order. Throws `model.invalid-graph`. */
export async function layerFacts(graph: Graph): Promise<StoredLayer[]> {
  const decoded = await decodeWeights(graph);
  const shapes = inferShapes(decoded);
  const macs = new Map([...macsByNode(graph)].map(([node, count]) => [node.outputs[0]!, count]));
  const producers = new Map(decoded.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const bytesOf = storedBytes(graph);
  return layerNodes(graph).map((node) => {
    const weight = node.inputs[weightInputs[node.op]!]!;
    const shape = (shapes.get(weight)?.shape ?? []).map(Number);
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const facts = {
      op: node.op,
      ...channelsOf(node, shape),
      macs: macs.get(node.outputs[0]!) ?? 0,
      sparsity: size > 0 ? 1 - nonZeroCount(weight, decoded, producers, size) / size : 0,
      bytes: bytesOf(node),
    };
    return { name: node.name || node.outputs[0]!, node, facts };
  });
}

function channelsOf(node: Node, shape: readonly number[]): Pick<LayerFacts, 'inputChannels' | 'outputChannels'> {
  const [first = 0, second = 0] = shape;
  if (/Conv/.test(node.op)) {
    return { inputChannels: second * intAttribute(node, 'group', 1), outputChannels: first };
  }
  const isTransposed = intAttribute(node, 'transB', 0) === 1;
  return isTransposed
    ? { inputChannels: second, outputChannels: first }
    : { inputChannels: first, outputChannels: second };
}

/** Bytes of the initializers that nothing but weights of a layer is made of, each counted once. */
function storedBytes(graph: Graph): (node: Node) => number {
  const constant = constantValues(graph);
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const counted = new Set<string>();
  const count = (value: string): number => {
    if (value === '' || !constant.has(value) || counted.has(value)) return 0;
    counted.add(value);
    const tensor = graph.initializers.get(value);
    if (tensor) return tensor.data.byteLength;
    return (producers.get(value)?.inputs ?? []).reduce((sum, input) => sum + count(input), 0);
  };
  return (node) => node.inputs.reduce((sum, input) => sum + count(input), 0);
}
