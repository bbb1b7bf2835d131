import type { ChannelAxis, ChannelGroups } from './channel-groups';
import { attr, int64Tensor, makeTensor } from './make';
import { copyGraph, elementCount, type Graph, type Node, type Tensor } from './graph';
import { FreshNames } from './fresh-names';

/** Indices along an axis whose groups stay, ascending. */
export function keptIndices({ groups }: Pick<ChannelAxis, 'groups'>, removed: ReadonlySet<number>): number[] {
  const kept: number[] = [];
  groups.forEach((group, index) => !removed.has(group) && kept.push(index));
  return kept;
}

/** A tensor with only these indices along one axis. */
function takeIndices(tensor: Tensor, axis: number, indices: readonly number[]): Tensor {
  const inner = elementCount(tensor.shape.slice(axis + 1));
  const outer = elementCount(tensor.shape.slice(0, axis));
  const size = tensor.shape[axis]!;
  const shape = tensor.shape.map((dimension, at) => (at === axis ? indices.length : dimension));
  const data = tensor.data.slice(0, outer * indices.length * inner);
  let position = 0;
  for (let row = 0; row < outer; row++)
    for (const index of indices) {
      const start = (row * size + index) * inner;
      data.set(tensor.data.subarray(start, start + inner) as never, position);
      position += inner;
    }
  return makeTensor(tensor.type, shape, data);
}

/** Gives a node a tensor of its own in place of one of its constants. */
class ConstantEditor {
  private readonly uses = new Map<string, number>();
  private readonly names: FreshNames;

  constructor(private readonly graph: Graph) {
    this.names = new FreshNames(graph);
    for (const name of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((value) => value.name)])
      this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
  }

  change(node: Node, input: number, change: (tensor: Tensor) => Tensor): void {
    let name = node.inputs[input]!;
    const tensor = change(this.graph.initializers.get(name)!);
    const uses = this.uses.get(name)!;
    if (uses > 1) {
      this.uses.set(name, uses - 1);
      name = node.inputs[input] = this.names.like(name);
      this.uses.set(name, 1);
    }
    this.graph.initializers.set(name, tensor);
  }
}

/**
 * The network without these groups of channels, all else being equal: what is left computes what the network with the removed channels'
 * readers zeroed does. Nodes keep their names and order; the graph that comes in is not changed.
 * @param groups of this graph. Throws a RangeError for a protected group and where no channel of a tensor would be left.
 */
export function removeChannels(graph: Graph, groups: ChannelGroups, removed: ReadonlySet<number>): Graph {
  for (const group of removed)
    if (groups.isProtected[group] !== false) throw new RangeError(`group ${group} must stay`);
  const result = copyGraph(graph);
  const copies = new Map(graph.nodes.map((node, index) => [node, result.nodes[index]!]));
  const editor = new ConstantEditor(result);
  for (const entry of groups.axes) {
    const kept = keptIndices(entry, removed);
    if (kept.length === entry.groups.length) continue;
    const node = copies.get(entry.node)!;
    if (kept.length === 0) throw new RangeError(`no channel of "${node.name}" would be left`);
    if (entry.role === 'carries') continue;
    editor.change(node, entry.input, (tensor) =>
      entry.role === 'shape' ? resized(tensor, entry.axis, kept.length) : takeIndices(tensor, entry.axis, kept),
    );
    if (node.op === 'Conv' && entry.role === 'follows' && entry.input === 1) {
      const repeats = entry.groups.length / (entry.node.attributes['group'] as { value: number }).value;
      node.attributes['group'] = attr.int(kept.length / repeats);
    }
  }
  return result;
}

function resized({ shape, data }: Tensor, at: number, size: number): Tensor {
  const numbers = Array.from(data as BigInt64Array);
  numbers[at] = BigInt(size);
  return int64Tensor(shape, numbers);
}

/** The network at full size whose layers do not read these groups any more: their columns of the weights are zero. */
export function maskChannels(graph: Graph, groups: ChannelGroups, removed: ReadonlySet<number>): Graph {
  const result = copyGraph(graph);
  const copies = new Map(graph.nodes.map((node, index) => [node, result.nodes[index]!]));
  const editor = new ConstantEditor(result);
  for (const { node, role, input, axis, groups: channels } of groups.axes) {
    if (role !== 'reads' || !channels.some((group) => removed.has(group))) continue;
    editor.change(copies.get(node)!, input, (tensor) => {
      const data = tensor.data.slice();
      const inner = elementCount(tensor.shape.slice(axis + 1));
      for (let index = 0; index < data.length; index++)
        if (removed.has(channels[Math.floor(index / inner) % channels.length]!)) data[index] = 0;
      return { ...tensor, data };
    });
  }
  return result;
}

/**
 * The groups of a network removed in two rounds: `first` of its own, then `second` of the groups found in what was left.
 * @param left the groups of `removeChannels(graph, groups, first)`.
 */
export function composeRemoval(
  groups: ChannelGroups,
  first: ReadonlySet<number>,
  left: ChannelGroups,
  second: ReadonlySet<number>,
): Set<number> {
  const all = new Set(first);
  if (second.size === 0) return all;
  // Removal keeps nodes and their order, so both analyses list the same axes.
  groups.axes.forEach((axis, at) =>
    keptIndices(axis, first).forEach((index, position) => {
      if (second.has(left.axes[at]!.groups[position]!)) all.add(axis.groups[index]!);
    }),
  );
  return all;
}
