import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { quantizedLayers, ScaleGroups, type QdqPlan, type QuantizedLayer } from './qdq-plan';

const averages = new Set(['AveragePool', 'GlobalAveragePool']);
const reshaping = new Set(['Flatten', 'Reshape', 'Squeeze']);

/** The input of an addition that its convolution adds to: the last one that only it reads, in graph order. */
function residualInput(
  node: Node,
  layers: ReadonlyMap<Node, QuantizedLayer>,
  graph: Graph,
  index: GraphIndex,
): string | undefined {
  if (node.op !== 'Add' || node.inputs.some((input) => graph.initializers.has(input))) return undefined;
  const places = new Map(graph.nodes.map((each, at) => [each, at]));
  const ends = node.inputs.filter((input) => {
    const producer = index.producer(input);
    return producer !== undefined && layers.has(producer) && index.soleConsumer(input) === node;
  });
  const [fused] = ends.sort((a, b) => places.get(index.producer(b)!)! - places.get(index.producer(a)!)!);
  return fused === undefined ? undefined : node.inputs.find((input) => input !== fused);
}

/** Whether a quantized value is the node's output, or that in another shape. */
function endsQuantized(node: Node, index: GraphIndex, values: ReadonlySet<string>): boolean {
  const output = node.outputs[0]!;
  if (values.has(output)) return true;
  const next = index.soleConsumer(output);
  return next !== undefined && reshaping.has(next.op) && endsQuantized(next, index, values);
}

/**
 * Where TensorRT wants QuantizeLinear and DequantizeLinear ("Q/DQ layer-placement recommendations" of its documentation): inputs of layers, not what they give;
 * of an addition the input that no layer right before it computes, so that layer, addition and activation become one kernel; members of a concatenation whose
 * result is quantized, all with one scale; what an average is taken of, where nothing else reads it. Activations stay operators: the builder fuses them.
 */
export function planLayerInputs(graph: Graph, isExcluded: (node: Node) => boolean = () => false): QdqPlan {
  const index = indexGraph(graph);
  const layers = quantizedLayers(graph, isExcluded);
  const values = new Set([...layers.keys()].map((node) => node.inputs[0]!));
  const groups = new ScaleGroups();
  const derived = new Set<string>();
  const nodes = new Set(graph.nodes.filter((node) => !isExcluded(node)));
  for (const node of nodes) {
    const residual = residualInput(node, layers, graph, index);
    if (residual !== undefined) values.add(residual);
  }
  // Backwards, because members may be concatenations themselves.
  for (const node of [...nodes].reverse()) {
    const [output] = node.outputs as [string];
    const isJoined = node.op === 'Concat' && node.inputs.every((input) => !graph.initializers.has(input));
    if (isJoined && values.has(output)) {
      for (const input of node.inputs) {
        values.add(input);
        groups.join(input, output);
      }
      derived.add(output);
    }
    const [input = ''] = node.inputs;
    if (averages.has(node.op) && index.soleConsumer(input) === node && endsQuantized(node, index, values))
      values.add(input);
  }
  const rescaled = new Map<string, never>();
  return {
    layers,
    nodes,
    absorbed: new Set(),
    values: inOrder(graph, values),
    groupOf: groups.find,
    derived,
    fixed: new Map(),
    rescaled,
  };
}

/** Names of values in graph order. */
function inOrder(graph: Graph, values: ReadonlySet<string>): string[] {
  const all = [...graph.inputs.map(({ name }) => name), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  return all.filter((name) => values.has(name));
}
