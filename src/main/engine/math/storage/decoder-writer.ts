import type { Attribute, Graph, Node, Tensor } from '../../onnx/graph';
import { int64Tensor, makeNode } from '../../onnx/make';
import type { FreshNames } from './fresh-names';
import { sharedConstant } from './shared-constant';

/**
 * Collects the nodes that turn stored weights back into a tensor. All their inputs are constants, so a runtime computes them once while it
 * loads the file. Initializers go into the graph at once; the nodes when `finish` is called, before those that are there.
 */
export class DecoderWriter {
  private readonly nodes: Node[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly names: FreshNames,
  ) {}

  /** Adds a node and returns the name of its output. */
  emit(op: string, inputs: string[], attributes: Record<string, Attribute> = {}, output = this.names.next()): string {
    this.nodes.push(makeNode(op, inputs, [output], attributes, ''));
    return output;
  }

  /** A constant of its own. */
  store(tensor: Tensor): string {
    const name = this.names.next();
    this.graph.initializers.set(name, tensor);
    return name;
  }

  /** A small constant that decoders share. */
  constant(tensor: Tensor): string {
    return sharedConstant(this.graph, tensor, this.names);
  }

  finish(): void {
    this.graph.nodes.unshift(...this.nodes);
  }
}

/** Writes the nodes that make a value one-dimensional and keep its first `length` elements. */
export function flattened(writer: DecoderWriter, value: string, length: number, isPadded: boolean): string {
  const flat = writer.emit('Reshape', [value, writer.constant(int64Tensor([1], [-1]))]);
  if (!isPadded) return flat;
  return writer.emit('Slice', [
    flat,
    writer.constant(int64Tensor([1], [0])),
    writer.constant(int64Tensor([1], [length])),
  ]);
}
