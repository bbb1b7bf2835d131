import type { Graph, Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { scalarOf } from './integer-forms';

/**
 * The nodes of x (1 + erf(x / sqrt 2)) / 2, as exporters write GELU. Other runtimes have one operator for all of them, which nobody would find any more with codes in between.
 */
export function errorGates(graph: Graph): Set<Node> {
  const index = indexGraph(graph);
  const found = new Set<Node>();
  const hasNumber = (node: Node | undefined): node is Node =>
    node !== undefined && node.inputs.some((input) => scalarOf(graph, input) !== undefined);
  for (const erf of graph.nodes) {
    if (erf.op !== 'Erf' || erf.domain !== '') continue;
    found.add(erf);
    const before = index.producer(erf.inputs[0]!);
    if (hasNumber(before)) found.add(before);
    let next = index.soleConsumer(erf.outputs[0]!);
    if (next?.op !== 'Add' || !hasNumber(next)) continue;
    // Two products, with x and with a half, in any order.
    for (let count = 0; count < 3 && next && (next.op === 'Mul' || count === 0); count++) {
      found.add(next);
      const halves = next.inputs.map((input) => index.producer(input));
      for (const half of halves) if (half?.op === 'Mul' && hasNumber(half)) found.add(half);
      next = index.soleConsumer(next.outputs[0]!);
    }
  }
  return found;
}
