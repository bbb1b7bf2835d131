import { AppError } from '@shared/errors';
import type { Graph } from './graph';
import { orderNodes } from './order';

/**
 * Checks that every value has one producer and every input one, and puts the nodes in order. Throws
 * `model.invalid-graph`.
 * @param path of the model, for the message.
 */
export function validateGraph(graph: Graph, path: string): Graph {
  const invalid = (detail: string): AppError => new AppError('model.invalid-graph', { path, detail });
  const defined = new Set<string>(graph.initializers.keys());
  const define = (name: string): void => {
    if (defined.has(name)) throw invalid(`the value "${name}" is defined twice`);
    defined.add(name);
  };
  for (const input of graph.inputs) {
    if (input.name === '') throw invalid('an input has no name');
    define(input.name);
  }
  for (const node of graph.nodes) {
    if (node.op === '') throw invalid(`node "${node.name}" names no operator`);
    if (graph.opsets[node.domain] === undefined) {
      throw invalid(`node "${node.name}" uses the domain "${node.domain}", whose version is not given`);
    }
    for (const output of node.outputs) if (output !== '') define(output);
  }
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input !== '' && !defined.has(input))
        throw invalid(`node "${node.name}" reads "${input}", which nothing produces`);
    }
  }
  for (const output of graph.outputs) {
    if (!defined.has(output.name)) throw invalid(`nothing produces the output "${output.name}"`);
  }
  if (graph.outputs.length === 0) throw invalid('it has no output');
  if (new Set(graph.outputs.map((output) => output.name)).size < graph.outputs.length)
    throw invalid('an output is listed twice');

  const ordering = orderNodes(graph);
  if ('cycle' in ordering) throw invalid(`node "${ordering.cycle.name}" depends on its own output`);
  return { ...graph, nodes: ordering.nodes };
}
