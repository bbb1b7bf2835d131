import type { ElementType, Graph, Node, Tensor } from '../../onnx/graph';
import { constantNodes, evaluateConstants } from '../layers/decode-weights';

const floating: ReadonlySet<ElementType> = new Set(['float64', 'float32', 'float16', 'bfloat16']);

/**
 * Arithmetic that turns codes into weights stays: its codes and tables are the symbols. What joins bit planes is integer arithmetic; a
 * Gather places the weights that a sparse form left in, or looks up a table that the whole layer shares, which adds no symbol.
 */
function makesWeights({ op }: Node, result: ElementType): boolean {
  return op === 'GatherElements' || (floating.has(result) && op !== 'Gather');
}

function upstreamOf(value: string, producers: ReadonlyMap<string, Node>): Set<Node> {
  const found = new Set<Node>();
  const open = [value];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producers.get(name);
    if (!node || found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  return found;
}

/**
 * The constants of a file as the symbols they stand for, one tensor at a time, so that memory holds no more than the largest: integer
 * codes joined from their bit planes, sparse weights with their zeros, and tables, scales and plain tensors as they are.
 */
export async function* storedSymbols(graph: Graph): AsyncGenerator<Tensor, void, undefined> {
  const { nodes, types } = constantNodes(graph, makesWeights);
  const outputs = graph.outputs.map(({ name }) => name);
  const used = new Set([...graph.nodes.filter((node) => !nodes.has(node)).flatMap((node) => node.inputs), ...outputs]);
  for (const [name, tensor] of graph.initializers) if (used.has(name)) yield tensor;
  const producers = new Map([...nodes].flatMap((node) => node.outputs.map((output): [string, Node] => [output, node])));
  for (const name of producers.keys()) {
    if (!used.has(name)) continue;
    const upstream = upstreamOf(name, producers);
    const ordered = new Set([...nodes].filter((node) => upstream.has(node)));
    const values = await evaluateConstants(graph, { nodes: ordered, types }, new Set([name]));
    yield values.get(name)!;
  }
}
