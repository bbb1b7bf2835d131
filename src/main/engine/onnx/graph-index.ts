import type { Graph, GraphValue, Node } from './graph';
import { readsOf } from './subgraphs';

/** Who produces and who reads each value of a graph. A snapshot: make a new one after changing nodes. */
export interface GraphIndex {
  /** The node that writes a value; undefined for inputs and initializers. */
  producer(value: string): Node | undefined;
  /** The nodes that read a value, in graph order, each once. */
  consumers(value: string): readonly Node[];
  isOutput(value: string): boolean;
  isInput(value: string): boolean;
  /** The only node that reads a value, when it is the only reader and the value is not an output of the graph. */
  soleConsumer(value: string): Node | undefined;
}

export function indexGraph(graph: Graph): GraphIndex {
  const producers = new Map<string, Node>();
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== '') producers.set(output, node);
    for (const input of new Set(readsOf(node))) {
      if (input === '') continue;
      const readers = consumers.get(input);
      if (readers) readers.push(node);
      else consumers.set(input, [node]);
    }
  }
  const names = (values: GraphValue[]): Set<string> => new Set(values.map((value) => value.name));
  const outputs = names(graph.outputs);
  const inputs = names(graph.inputs);
  return {
    producer: (value) => producers.get(value),
    consumers: (value) => consumers.get(value) ?? [],
    isOutput: (value) => outputs.has(value),
    isInput: (value) => inputs.has(value),
    soleConsumer(value) {
      const readers = consumers.get(value) ?? [];
      return readers.length === 1 && !outputs.has(value) ? readers[0] : undefined;
    },
  };
}
