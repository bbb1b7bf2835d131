import { FreshNames } from './fresh-names';
import type { Attribute, Graph, Node, Subgraph } from './graph';
import { int64Tensor, makeNode, makeValue } from './make';
import { subgraphsOf } from './subgraphs';

export interface WithExitTaken {
  graph: Graph;
  /** A further output, int64 `[]`: which of `nodes` an image left at; -1 where it came through all. */
  output: string;
  /** Names of the `If` nodes, in the order in which an image comes to them. */
  nodes: string[];
}

/** The network with an output that says where an image left: at the first `If` whose condition holds. */
export function withExitTaken(graph: Graph): WithExitTaken {
  const names = new FreshNames(graph);
  const nodes: string[] = [];
  const { told, output } = telling(graph, names, nodes);
  return { graph: { ...graph, ...told }, output, nodes };
}

interface Telling {
  told: Subgraph;
  output: string;
}

function telling(graph: Subgraph, names: FreshNames, found: string[]): Telling {
  const exit = graph.nodes.find((node) => subgraphsOf(node).length > 0);
  if (!exit) return constant(graph, names, -1);
  const { then_branch: then, else_branch: otherwise } = exit.attributes;
  const place = found.push(exit.name) - 1;
  const output = names.next();
  const attributes: Record<string, Attribute> = { ...exit.attributes };
  if (then?.type === 'graph') attributes.then_branch = branch(constant(then.value, names, place));
  if (otherwise?.type === 'graph') attributes.else_branch = branch(telling(otherwise.value, names, found));
  const node: Node = { ...exit, outputs: [...exit.outputs, output], attributes };
  const nodes = graph.nodes.map((each) => (each === exit ? node : each));
  return { told: { ...graph, nodes, outputs: withOutput(graph, output) }, output };
}

const branch = ({ told }: Telling): Attribute => ({ type: 'graph', value: told });

const withOutput = ({ outputs }: Subgraph, name: string): Subgraph['outputs'] => [
  ...outputs,
  makeValue(name, 'int64', []),
];

function constant(graph: Subgraph, names: FreshNames, value: number): Telling {
  const [stored, output] = [names.next(), names.next()];
  const told: Subgraph = {
    ...graph,
    nodes: [...graph.nodes, makeNode('Identity', [stored], [output])],
    initializers: new Map([...graph.initializers, [stored, int64Tensor([], [value])]]),
    outputs: withOutput(graph, output),
  };
  return { told, output };
}
