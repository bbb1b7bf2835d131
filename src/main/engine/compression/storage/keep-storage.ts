import { createHash } from 'node:crypto';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { FreshNames } from '../../onnx/fresh-names';
import { indexGraph } from '../../onnx/graph-index';
import { decodeWeights } from '../layers/decode-weights';

/** Smaller constants are not worth the nodes that decode them. */
const leastBytes = 128;

const contentOf = ({ type, shape, data }: Tensor): string =>
  createHash('sha256')
    .update(`${type} ${shape.join('x')} `)
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('base64');

/**
 * Stores constants of `after` that have the very values of constants that `before` decodes as `before` does: what a step does not change
 * keeps its small form, whatever other constants had to be decoded for that step. Changes `after`.
 */
export async function keepStorage(before: Graph, after: Graph): Promise<void> {
  const decoded = (await decodeWeights(before)).initializers;
  const isDecoded = ([name, { data }]: [string, Tensor]): boolean =>
    data.byteLength >= leastBytes && !before.initializers.has(name);
  const known = new Map([...decoded].filter(isDecoded).map(([name, tensor]) => [contentOf(tensor), name]));
  if (known.size === 0) return;
  const decoders = new DecoderCopies(before, after);
  for (const [name, tensor] of [...after.initializers]) {
    const source = tensor.data.byteLength >= leastBytes ? known.get(contentOf(tensor)) : undefined;
    if (source !== undefined) decoders.place(source, name);
  }
  decoders.finish();
}

/** Copies the nodes that decode constants, and what they read, from one graph to another under names that are free there. */
class DecoderCopies {
  private readonly index;
  private readonly names;
  private readonly placed = new Map<string, string>();
  private readonly nodes: Node[] = [];

  constructor(
    private readonly from: Graph,
    private readonly to: Graph,
  ) {
    this.index = indexGraph(from);
    this.names = new FreshNames(to);
  }

  /** Gives the other graph the constant `target`, decoded as `source` is. */
  place(source: string, target: string): void {
    this.to.initializers.delete(target);
    const placed = this.placed.get(source);
    if (placed !== undefined) {
      for (const node of this.to.nodes) node.inputs = node.inputs.map((name) => (name === target ? placed : name));
      return;
    }
    this.placed.set(source, target);
    this.copyProducer(source);
  }

  finish(): void {
    this.to.nodes.unshift(...this.nodes);
  }

  private copyProducer(value: string): void {
    const node = this.index.producer(value)!;
    const inputs = node.inputs.map((name) => this.copied(name));
    const outputs = node.outputs.map((name) => this.nameOf(name));
    this.nodes.push({ ...node, name: '', inputs, outputs });
  }

  private copied(value: string): string {
    const known = this.placed.get(value);
    if (value === '' || known !== undefined) return known ?? '';
    const name = this.nameOf(value);
    const stored = this.from.initializers.get(value);
    if (stored) this.to.initializers.set(name, stored);
    else this.copyProducer(value);
    return name;
  }

  private nameOf(value: string): string {
    const name = this.placed.get(value) ?? this.names.next();
    this.placed.set(value, name);
    return name;
  }
}
