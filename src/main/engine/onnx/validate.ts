import { AppError } from '@shared/errors';
import type { Graph, Node, Subgraph } from './graph';
import { orderNodes } from './order';
import { subgraphsOf } from './subgraphs';

/**
 * Checks that every value has one producer and every input one, also in branches, whose values are named apart from those around them, and puts
 * the nodes in order. Throws `model.invalid-graph`.
 * @param path of the model, for the message.
 */
export function validateGraph(graph: Graph, path: string): Graph {
  const check = new GraphCheck(graph.opsets, path);
  return { ...graph, nodes: check.ordered(graph, () => false) };
}

type IsDefined = (name: string) => boolean;

class GraphCheck {
  constructor(
    private readonly opsets: Graph['opsets'],
    private readonly path: string,
  ) {}

  /** @param around whether a graph around this one has a name */
  ordered(graph: Subgraph, around: IsDefined): Node[] {
    const isDefined = this.namesOf(graph, around);
    for (const node of graph.nodes) {
      for (const input of node.inputs) {
        if (input !== '' && !isDefined(input))
          throw this.invalid(`node "${node.name}" reads "${input}", which nothing produces`);
      }
    }
    for (const output of graph.outputs) {
      if (!isDefined(output.name)) throw this.invalid(`nothing produces the output "${output.name}"`);
    }
    if (graph.outputs.length === 0) throw this.invalid('it has no output');
    if (new Set(graph.outputs.map((output) => output.name)).size < graph.outputs.length)
      throw this.invalid('an output is listed twice');

    const nodes = graph.nodes.map((node) => this.withOrderedBranches(node, isDefined));
    const ordering = orderNodes({ nodes });
    if ('cycle' in ordering) throw this.invalid(`node "${ordering.cycle.name}" depends on its own output`);
    return ordering.nodes;
  }

  /** All names that the nodes of a graph may read. */
  private namesOf(graph: Subgraph, around: IsDefined): IsDefined {
    const defined = new Set<string>();
    const isDefined = (name: string): boolean => defined.has(name) || around(name);
    const define = (name: string): void => {
      if (isDefined(name)) throw this.invalid(`the value "${name}" is defined twice`);
      defined.add(name);
    };
    for (const name of graph.initializers.keys()) define(name);
    for (const input of graph.inputs) {
      if (input.name === '') throw this.invalid('an input has no name');
      define(input.name);
    }
    for (const node of graph.nodes) {
      if (node.op === '') throw this.invalid(`node "${node.name}" names no operator`);
      if (this.opsets[node.domain] === undefined) {
        throw this.invalid(`node "${node.name}" uses the domain "${node.domain}", whose version is not given`);
      }
      for (const output of node.outputs) if (output !== '') define(output);
    }
    return isDefined;
  }

  private withOrderedBranches(node: Node, isDefined: IsDefined): Node {
    if (subgraphsOf(node).length === 0) return node;
    const { then_branch: then, else_branch: otherwise } = node.attributes;
    if (then?.type !== 'graph' || otherwise?.type !== 'graph')
      throw this.invalid(`node "${node.name}" has not both of its branches`);
    const branch = ({ value }: typeof then): typeof then => {
      if (value.inputs.length > 0 || value.outputs.length !== node.outputs.length)
        throw this.invalid(`a branch of node "${node.name}" has inputs, or not as many outputs as the node`);
      return { type: 'graph', value: { ...value, nodes: this.ordered(value, isDefined) } };
    };
    const attributes = { ...node.attributes, then_branch: branch(then), else_branch: branch(otherwise) };
    return { ...node, attributes };
  }

  private invalid(detail: string): AppError {
    return new AppError('model.invalid-graph', { path: this.path, detail });
  }
}
