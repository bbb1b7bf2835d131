import type { Graph, Node, Subgraph } from './graph';

/** The graphs within a node, in the order of its attributes. */
export function subgraphsOf({ attributes }: Node): Subgraph[] {
  return Object.values(attributes).flatMap((attribute) => (attribute.type === 'graph' ? [attribute.value] : []));
}

/** All that a node reads: its inputs, and what the graphs within it read of those around them. */
export function readsOf(node: Node): readonly string[] {
  const subgraphs = subgraphsOf(node);
  return subgraphs.length === 0 ? node.inputs : [...new Set([...node.inputs, ...subgraphs.flatMap(capturedBy)])];
}

function capturedBy({ inputs, outputs, nodes, initializers }: Subgraph): string[] {
  const own = new Set(initializers.keys());
  for (const { name } of inputs) own.add(name);
  for (const node of nodes) for (const output of node.outputs) own.add(output);
  return [...nodes.flatMap(readsOf), ...outputs.map(({ name }) => name)].filter((name) => !own.has(name));
}

/** A graph and all within it, the outermost first. */
export function everyGraph(graph: Subgraph): Subgraph[] {
  return [graph, ...graph.nodes.flatMap(subgraphsOf).flatMap(everyGraph)];
}

/** Whether what runs may depend on the image. */
export const hasBranches = ({ nodes }: Pick<Graph, 'nodes'>): boolean =>
  nodes.some((node) => subgraphsOf(node).length > 0);
