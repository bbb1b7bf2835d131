import { ChannelLabels } from './channel-groups/channel-labels';
import { layerRules } from './channel-groups/layer-rules';
import { passingRules } from './channel-groups/passing-rules';
import { reshapeRules } from './channel-groups/reshape-rules';
import type { ChannelRole, ChannelRule } from './channel-groups/rule';
import { singleBatch } from './classifier';
import { isNumeric } from './evaluate/value';
import type { Graph, Node } from './graph';
import { analyseShapes } from './shapes';

export type { ChannelRole } from './channel-groups/rule';

/** One axis of a node's tensor whose indices are channels. */
export interface ChannelAxis {
  node: Node;
  role: ChannelRole;
  /** Which input of the node the tensor is. */
  input: number;
  axis: number;
  /** The group of each index; a flattened channel has several. */
  groups: Int32Array;
}

/**
 * The channels of a network in groups that can only be removed together, found from the graph alone (as DepGraph, Fang et al. 2023, but by
 * one union-find over single channels). Groups are numbered from 0 in the order in which the network makes them.
 */
export interface ChannelGroups {
  count: number;
  /** Groups that must stay: channels of the network's inputs and outputs, and those that an operator without a rule sees. */
  isProtected: readonly boolean[];
  axes: readonly ChannelAxis[];
}

const rules: Record<string, ChannelRule> = { ...layerRules, ...passingRules, ...reshapeRules };

/**
 * @param graph with plain weights (see `decodeWeights`), best simplified.
 * Throws `model.invalid-graph` where shapes contradict each other.
 */
export function findChannelGroups(graph: Graph): ChannelGroups {
  const { shapes, known } = analyseShapes(graph, singleBatch(graph));
  const labels = new ChannelLabels();
  const channelsOf = new Map<string, Int32Array>();
  const axes: ChannelAxis[] = [];
  const shapeOf = (value: string): number[] | undefined => {
    const shape = shapes.get(value)?.shape.filter((dimension) => typeof dimension === 'number');
    return shape?.length === shapes.get(value)?.shape.length ? shape : undefined;
  };
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  for (const { name } of graph.outputs) read.add(name);
  for (const { name } of graph.inputs) {
    const channels = shapeOf(name)?.[1];
    if (channels === undefined) continue;
    channelsOf.set(name, labels.fresh(channels));
    labels.protect(channelsOf.get(name)!);
  }

  for (const node of graph.nodes) {
    const recorded: ChannelAxis[] = [];
    const outputShape = shapeOf(node.outputs[0] ?? '');
    const isPlain = node.domain === '' && node.outputs.slice(1).every((output) => !read.has(output));
    const rule = isPlain && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
    const result =
      outputShape &&
      rule?.({
        node,
        labels,
        channels: (input) => channelsOf.get(node.inputs[input] ?? ''),
        constant: (input) => graph.initializers.get(node.inputs[input] ?? ''),
        numbers(input) {
          const value = known.get(node.inputs[input] ?? '');
          return value && isNumeric(value) ? value.data : undefined;
        },
        shape: (input) => shapeOf(node.inputs[input] ?? ''),
        outputShape,
        record: (role, input, axis, groups) => recorded.push({ node, role, input, axis, groups }),
      });
    if (result) {
      channelsOf.set(node.outputs[0]!, result);
      axes.push(...recorded);
    } else {
      for (const input of node.inputs) if (channelsOf.has(input)) labels.protect(channelsOf.get(input)!);
    }
  }
  for (const { name } of graph.outputs) if (channelsOf.has(name)) labels.protect(channelsOf.get(name)!);
  return numbered(axes, labels);
}

function numbered(axes: ChannelAxis[], labels: ChannelLabels): ChannelGroups {
  const numbers = new Map<number, number>();
  const isProtected: boolean[] = [];
  for (const entry of axes)
    entry.groups = entry.groups.map((label) => {
      const root = labels.root(label);
      const number = numbers.get(root) ?? numbers.set(root, numbers.size).get(root)!;
      isProtected[number] = labels.isProtected(root);
      return number;
    });
  return { count: numbers.size, isProtected, axes };
}

export interface LayerChannel {
  /** Name of the node. */
  layer: string;
  channel: number;
}

/** A group for people: who makes its channels, who reads them, and what stands between. */
export interface ChannelGroup {
  producers: LayerChannel[];
  /** For a grouped convolution the channel counts within a group; for a flattened channel there are several. */
  consumers: LayerChannel[];
  passes: LayerChannel[];
}

/** The groups that may be removed, by number. */
export function describeGroups({ axes, isProtected }: ChannelGroups): Map<number, ChannelGroup> {
  const described = new Map<number, ChannelGroup>();
  for (const { node, role, input, groups } of axes) {
    // A bias stands beside the weights of its layer.
    if (role === 'follows' && input === 2 && /^(Conv|Gemm)$/.test(node.op)) continue;
    groups.forEach((group, channel) => {
      if (isProtected[group]) return;
      const entry = described.get(group) ?? { producers: [], consumers: [], passes: [] };
      described.set(group, entry);
      const list = role === 'produces' ? entry.producers : role === 'reads' ? entry.consumers : entry.passes;
      if (list.at(-1)?.layer !== node.name || list.at(-1)?.channel !== channel)
        list.push({ layer: node.name, channel });
    });
  }
  return described;
}
