import { copyGraph, type Graph, type Node } from './graph';
import { indexGraph } from './graph-index';

/**
 * Without Identity nodes and without Dropout nodes that do nothing at inference. Names of graph inputs and outputs
 * stay: a node between the two, or between two outputs, is kept.
 */
export function removeIdentities(graph: Graph): Graph {
  const result = copyGraph(graph);
  const index = indexGraph(graph);
  /** What each removed value was a copy of; never itself removed. */
  const roots = new Map<string, string>();
  const root = (name: string): string => roots.get(name) ?? name;
  /** Roots whose producer takes over the name of an output. */
  const takenOver = new Map<string, string>();

  result.nodes = result.nodes.filter((node) => {
    const [source, target, mask] = [root(node.inputs[0] ?? ''), node.outputs[0] ?? '', node.outputs[1] ?? ''];
    if (!passesThrough(node, graph) || source === '' || target === '') return true;
    if (mask !== '' && (index.isOutput(mask) || index.consumers(mask).length > 0)) return true;
    if (index.isOutput(target)) {
      if (!index.producer(source) || index.isOutput(source) || takenOver.has(source)) return true;
      takenOver.set(source, target);
    }
    roots.set(target, source);
    return false;
  });
  if (result.nodes.length === graph.nodes.length) return graph;
  const finalName = (name: string): string => takenOver.get(root(name)) ?? root(name);
  for (const node of result.nodes) {
    node.inputs = node.inputs.map(finalName);
    node.outputs = node.outputs.map(finalName);
  }
  return result;
}

function passesThrough(node: Node, graph: Graph): boolean {
  if (node.domain !== '') return false;
  if (node.op === 'Identity') return true;
  // Since opset 12 an input says whether the network trains.
  const training = node.inputs[2] ?? '';
  return node.op === 'Dropout' && (training === '' || graph.initializers.get(training)?.data[0] === 0);
}
