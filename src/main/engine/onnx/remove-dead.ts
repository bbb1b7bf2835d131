import { copyGraph, type Graph } from './graph';
import { readsOf } from './subgraphs';

/** Without the nodes and initializers that no output depends on. Inputs stay, because callers feed them by name. */
export function removeDead(graph: Graph): Graph {
  const result = copyGraph(graph);
  const live = new Set(graph.outputs.map((output) => output.name));
  result.nodes = result.nodes
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((output) => live.has(output))) return false;
      for (const input of readsOf(node)) live.add(input);
      return true;
    })
    .reverse();
  for (const name of graph.initializers.keys()) if (!live.has(name)) result.initializers.delete(name);
  return result;
}
