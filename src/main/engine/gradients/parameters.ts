import { copyGraph, type Graph } from '../onnx/graph';
import { makeValue } from '../onnx/make';

/** The graph with some of its constants as inputs, so that they can be trained. The input is not changed. */
export function withParameters(graph: Graph, names: Iterable<string>): Graph {
  const result = copyGraph(graph);
  for (const name of names) {
    const tensor = graph.initializers.get(name);
    if (!tensor) continue;
    result.initializers.delete(name);
    result.inputs = [
      ...result.inputs.filter((input) => input.name !== name),
      makeValue(name, tensor.type, tensor.shape),
    ];
  }
  return result;
}
