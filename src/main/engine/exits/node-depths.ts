import { isConstant } from '../onnx/count';
import type { Graph, Node } from '../onnx/graph';
import { constantValues } from '../onnx/parameters';

/**
 * In which part of a network that is cut behind some of its nodes each node is, from 0, in the order of the network. Nodes that only decode
 * constants are in the outermost part that reads these.
 * @param cuts producers of cut points, from the first
 */
export function nodeDepths(network: Graph, cuts: readonly Node[]): Map<Node, number> {
  const constant = constantValues(network);
  const depths = new Map<Node, number>();
  let depth = 0;
  for (const node of network.nodes) {
    depths.set(node, depth);
    if (node === cuts[depth]) depth++;
  }
  const readers = new Map<string, number>();
  for (const node of [...network.nodes].reverse()) {
    const own = isConstant(node, constant)
      ? Math.min(...node.outputs.map((output) => readers.get(output) ?? depth))
      : depths.get(node)!;
    depths.set(node, own);
    for (const input of node.inputs) readers.set(input, Math.min(own, readers.get(input) ?? own));
  }
  return depths;
}
