import { copyGraph, type ElementType, type Graph, type Node, type Tensor } from '../../onnx/graph';
import { elementTypeOf } from '../../onnx/element-type';
import { makeTensor } from '../../onnx/make';
import { encodeModel } from '../../onnx/save';
import { calculator, type RuntimeTensor } from '../calculator';

/** Evaluating these would lose what they stand for: integer weights, or a draw from a random generator. */
const keptOps = /^(DequantizeLinear|QuantizeLinear|Random.*|Multinomial|Bernoulli|If|Loop|Scan)$/;

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

/** Nodes whose values are the same for every image and worth computing, and the element types of all constants. */
export interface ConstantNodes {
  nodes: Set<Node>;
  types: ReadonlyMap<string, ElementType>;
}

/** The nodes whose inputs are constants, directly or through other such nodes. One that `isKept`, with the type of its result, is none. */
export function constantNodes(
  graph: Graph,
  isKept: (node: Node, result: ElementType) => boolean = () => false,
): ConstantNodes {
  const types = new Map([...graph.initializers].map(([name, tensor]) => [name, tensor.type]));
  for (const { name } of graph.inputs) types.delete(name);
  const nodes = new Set<Node>();
  for (const node of graph.nodes) {
    const isConstant = node.inputs.every((name) => name === '' || types.has(name));
    if (node.domain !== '' || keptOps.test(node.op) || !isConstant) continue;
    const type = resultType(node, (name) => types.get(name) ?? 'float32');
    if (isKept(node, type)) continue;
    nodes.add(node);
    for (const output of node.outputs) types.set(output, type);
  }
  return { nodes, types };
}

function fromRuntime({ type, shape, data }: RuntimeTensor, wanted: ElementType): Tensor {
  // Newer JavaScript engines hand out half precision as numbers; the graph holds bit patterns.
  const bits = wanted === 'float16' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return makeTensor(wanted === 'float16' ? 'float16' : type, shape, bits);
}

/** The values `wanted`, computed by ONNX Runtime from the constants of the graph through `nodes`. */
export async function evaluateConstants(
  graph: Graph,
  { nodes, types }: ConstantNodes,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Tensor>> {
  const used = new Set([...nodes].flatMap((node) => node.inputs));
  const decoder: Graph = {
    ...graph,
    inputs: [],
    outputs: [...wanted].map((name) => ({ name, type: types.get(name) ?? 'float32', shape: [] })),
    nodes: [...nodes],
    initializers: new Map([...graph.initializers].filter(([name]) => used.has(name))),
    metadata: {},
  };
  const session = await calculator.open(encodeModel(decoder), { threads: 1, optimization: 'none' });
  try {
    const results = await session.run({});
    return new Map([...wanted].map((name) => [name, fromRuntime(results[name]!, types.get(name) ?? 'float32')]));
  } finally {
    await session.close();
  }
}

/**
 * The graph with every constant sub-graph evaluated to plain initializers: what a technique's predecessor stored sparsely, in few bits
 * or in half precision is an ordinary tensor again. Integer weights behind DequantizeLinear stay integers, and so
 * does what `isKept` nodes make of constants. The input is not changed.
 */
export async function decodeWeights(graph: Graph, isKept?: (node: Node) => boolean): Promise<Graph> {
  const constants = constantNodes(graph, isKept);
  const decoders = constants.nodes;
  if (decoders.size === 0) return copyGraph(graph);
  const outputs = new Set(graph.outputs.map((value) => value.name));
  const decoded = copyGraph({ ...graph, nodes: graph.nodes.filter((node) => !decoders.has(node)) });
  const needed = new Set([...decoded.nodes.flatMap((node) => node.inputs), ...outputs]);
  const wanted = new Set([...decoders].flatMap((node) => node.outputs).filter((name) => needed.has(name)));
  const results = wanted.size === 0 ? new Map<string, Tensor>() : await evaluateConstants(graph, constants, wanted);
  for (const name of decoded.initializers.keys()) if (!needed.has(name)) decoded.initializers.delete(name);
  for (const [name, tensor] of results) decoded.initializers.set(name, tensor);
  return decoded;
}
