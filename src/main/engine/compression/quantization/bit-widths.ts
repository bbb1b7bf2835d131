import type { Graph, Node } from '../../onnx/graph';
import { integersOf, type QdqPlan } from './qdq-plan';

/** Bits of codes, 2 to 8 each. */
export interface BitWidths {
  /** Of weights. */
  weights: number;
  /** Of what layers multiply them with; other values have 8. */
  activations: number;
  /** Of both in the first and the last layer, of what the second reads, and of what goes into the network and comes out: few networks bear fewer there. */
  edges: number;
}

export interface PlannedWidths {
  ofLayer(node: Node): number;
  ofValue(value: string): number;
}

const containerBits = 8;

/** The bits of each layer and value of a plan over a graph. */
export function plannedWidths(graph: Graph, plan: QdqPlan, { weights, activations, edges }: BitWidths): PlannedWidths {
  const layers = [...plan.layers.keys()];
  const ends = layers.filter((_, at) => at === 0 || at === layers.length - 1);
  const read = (nodes: readonly Node[]): string[] => nodes.map((node) => integersOf(plan, node.inputs[0]!));
  const bits = new Map(read(layers).map((group) => [group, activations]));
  const outer = [...graph.inputs, ...graph.outputs].map(({ name }) => integersOf(plan, name));
  // What the second layer reads is what the first gave.
  for (const group of [...outer, ...read([...ends, ...layers.slice(1, 2)])]) bits.set(group, edges);
  // By name: a copy of the graph has other nodes.
  const endNames = new Set(ends.map(({ outputs }) => outputs[0]));
  return {
    ofLayer: ({ outputs }) => (endNames.has(outputs[0]) ? edges : weights),
    ofValue: (value) => bits.get(integersOf(plan, value)) ?? containerBits,
  };
}
