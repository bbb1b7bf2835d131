import { copyGraph, type ElementType, type Graph, type Node, type Tensor } from '../onnx/graph';
import { elementTypeOf } from '../onnx/element-type';
import { makeTensor } from '../onnx/make';
import { encodeModel } from '../onnx/save';
import { ort } from '../runtimes/ort';
import type { RuntimeTensor } from '../runtimes/runtime';

/** Evaluating these would lose what they stand for: integer weights, or a draw from a random generator. */
const keptOps = /^(DequantizeLinear|QuantizeLinear|Random.*|Multinomial|Bernoulli|If|Loop|Scan)$/;

/** Nodes whose inputs are constants, directly or through other such nodes. */
function constantNodes(graph: Graph): Set<Node> {
  const constant = new Set<string>(graph.initializers.keys()).add('');
  for (const { name } of graph.inputs) constant.delete(name);
  const found = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.domain !== '' || keptOps.test(node.op) || !node.inputs.every((name) => constant.has(name))) continue;
    found.add(node);
    for (const output of node.outputs) constant.add(output);
  }
  return found;
}

/** The element type a constant node makes; all but a few operators keep that of their first input. */
function resultType(node: Node, typeOf: (name: string) => ElementType): ElementType {
  const to = node.attributes.to;
  if (node.op === 'Cast' && to?.type === 'int') return elementTypeOf(to.value) ?? 'float32';
  const value = node.attributes.value;
  if (node.op === 'ConstantOfShape') return value?.type === 'tensor' ? value.value.type : 'float32';
  if (node.op === 'Constant' && value?.type === 'tensor') return value.value.type;
  if (/^(Shape|Size|NonZero|ArgMax|ArgMin)$/.test(node.op)) return 'int64';
  if (/^(Equal|Less|Greater|LessOrEqual|GreaterOrEqual|Not|And|Or|Xor|IsNaN|IsInf)$/.test(node.op)) return 'bool';
  return typeOf(node.inputs[node.op === 'Where' ? 1 : 0] ?? '');
}

function fromRuntime({ type, shape, data }: RuntimeTensor, wanted: ElementType): Tensor {
  // Newer JavaScript engines hand out half precision as numbers; the graph holds bit patterns.
  const bits = wanted === 'float16' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return makeTensor(wanted === 'float16' ? 'float16' : type, shape, bits);
}

async function evaluate(graph: Graph, nodes: Set<Node>, wanted: Set<string>): Promise<Map<string, Tensor>> {
  const used = new Set([...nodes].flatMap((node) => node.inputs));
  const types = new Map([...graph.initializers].map(([name, tensor]) => [name, tensor.type]));
  for (const node of nodes) {
    const type = resultType(node, (name) => types.get(name) ?? 'float32');
    for (const output of node.outputs) types.set(output, type);
  }
  const decoder: Graph = {
    ...graph,
    inputs: [],
    outputs: [...wanted].map((name) => ({ name, type: types.get(name) ?? 'float32', shape: [] })),
    nodes: [...nodes],
    initializers: new Map([...graph.initializers].filter(([name]) => used.has(name))),
    metadata: {},
  };
  const session = await ort.open(encodeModel(decoder), { threads: 1, optimization: 'none' });
  try {
    const results = await session.run({});
    return new Map([...wanted].map((name) => [name, fromRuntime(results[name]!, types.get(name) ?? 'float32')]));
  } finally {
    await session.close();
  }
}

/**
 * The graph with every constant sub-graph evaluated to plain initializers: what a technique's predecessor stored sparsely, in few bits
 * or in half precision is an ordinary tensor again. Integer weights behind DequantizeLinear stay integers. The input is not changed.
 */
export async function decodeWeights(graph: Graph): Promise<Graph> {
  const decoders = constantNodes(graph);
  if (decoders.size === 0) return copyGraph(graph);
  const outputs = new Set(graph.outputs.map((value) => value.name));
  const decoded = copyGraph({ ...graph, nodes: graph.nodes.filter((node) => !decoders.has(node)) });
  const needed = new Set([...decoded.nodes.flatMap((node) => node.inputs), ...outputs]);
  const wanted = new Set([...decoders].flatMap((node) => node.outputs).filter((name) => needed.has(name)));
  const results = wanted.size === 0 ? new Map<string, Tensor>() : await evaluate(graph, decoders, wanted);
  for (const name of decoded.initializers.keys()) if (!needed.has(name)) decoded.initializers.delete(name);
  for (const [name, tensor] of results) decoded.initializers.set(name, tensor);
  return decoded;
}
