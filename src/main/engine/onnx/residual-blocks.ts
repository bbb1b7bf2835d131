import { singleBatch } from './classifier';
import { copyGraph, type Graph, type Node } from './graph';
import { indexGraph, type GraphIndex } from './graph-index';
import { makeNode } from './make';
import { removeDead } from './remove-dead';
import { inferShapes } from './shapes';

/** A sub-graph f whose result is added to what it is computed from: x + f(x), all of one shape. Without it x is left. */
export interface ResidualBlock {
  /** What the names of its nodes begin with, or the name of the sum. */
  name: string;
  /** Name of the value x. */
  identity: string;
  /** Name of the value x + f(x). */
  sum: string;
  nodes: readonly Node[];
}

const sumOps = new Set(['Add', 'Sum']);
const weightOps = new Set(['Conv', 'Gemm', 'MatMul']);

/** The nodes between `from` and `to` where those read nothing else of the image and nobody else reads them. */
function branchBetween(graph: Graph, index: GraphIndex, from: string, to: string, end: Node): Node[] | undefined {
  const found = new Set<Node>();
  const open = [to];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value === from || value === '' || graph.initializers.has(value)) continue;
    const node = index.producer(value);
    if (!node) return undefined;
    if (found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  const isOwn = (node: Node): boolean =>
    node.outputs.every(
      (output) =>
        !index.isOutput(output) && index.consumers(output).every((reader) => found.has(reader) || reader === end),
    );
  const readsIdentity = [...found].some((node) => node.inputs.includes(from));
  return readsIdentity && [...found].every(isOwn) ? graph.nodes.filter((node) => found.has(node)) : undefined;
}

/** Up to the last separator of what all names begin with. */
function commonName(nodes: readonly Node[], fallback: string): string {
  const names = nodes.map(({ name }) => name);
  let length = 0;
  while (names[0]![length] !== undefined && names.every((name) => name[length] === names[0]![length])) length++;
  const shared = names[0]!.slice(0, length);
  const end = Math.max(...['.', '/', '_'].map((separator) => shared.lastIndexOf(separator)));
  return nodes.length > 1 && end > 0 ? shared.slice(0, end) : fallback;
}

/** The residual blocks of a graph that can be taken out, in its order: those that keep the shape and hold weights. */
export function residualBlocks(graph: Graph): ResidualBlock[] {
  const index = indexGraph(graph);
  const shapes = inferShapes(graph, singleBatch(graph));
  const shapeOf = (value: string): string | undefined => shapes.get(value)?.shape.join();
  return graph.nodes.flatMap((node): ResidualBlock[] => {
    const [a = '', b = ''] = node.inputs;
    if (!sumOps.has(node.op) || node.domain !== '' || node.inputs.length !== 2) return [];
    const sum = node.outputs[0]!;
    for (const [identity, branch] of [
      [a, b],
      [b, a],
    ] as const) {
      if (identity === branch || graph.initializers.has(identity) || graph.initializers.has(branch)) continue;
      if (shapeOf(identity) === undefined || shapeOf(identity) !== shapeOf(sum)) continue;
      const nodes = branchBetween(graph, index, identity, branch, node);
      if (nodes?.some(({ op }) => weightOps.has(op)))
        return [{ name: commonName(nodes, node.name || sum), identity, sum, nodes }];
    }
    return [];
  });
}

/** A copy in which the block's sum is its identity, without the nodes of the block. */
export function bypassBlock(graph: Graph, { identity, sum }: ResidualBlock): Graph {
  const result = copyGraph(graph);
  result.nodes = result.nodes.map((node) =>
    node.outputs[0] === sum ? makeNode('Identity', [identity], [sum], {}, node.name) : node,
  );
  return removeDead(result);
}
