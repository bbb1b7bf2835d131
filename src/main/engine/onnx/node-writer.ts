import type { Attribute, Graph, Node, Tensor } from './graph';
import { makeNode } from './make';
import type { FreshNames } from './fresh-names';
import { sharedConstant } from './shared-constant';

/** Collects nodes for a graph; their initializers go into it at once. */
export class NodeWriter {
  protected readonly nodes: Node[] = [];

  constructor(
    protected readonly graph: Graph,
    protected readonly names: FreshNames,
  ) {}

  /** Adds a node and returns the name of its output. */
  emit(op: string, inputs: string[], attributes: Record<string, Attribute> = {}, output = this.names.next()): string {
    this.nodes.push(makeNode(op, inputs, [output], attributes, ''));
    return output;
  }

  /** Puts the nodes collected at the end of the graph. */
  append(): void {
    this.graph.nodes.push(...this.nodes.splice(0));
  }

  /** A constant of its own. */
  store(tensor: Tensor): string {
    const name = this.names.next();
    this.graph.initializers.set(name, tensor);
    return name;
  }

  /** A small constant that equal ones share. */
  constant(tensor: Tensor): string {
    return sharedConstant(this.graph, tensor, this.names);
  }
}
