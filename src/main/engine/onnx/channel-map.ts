import type { ChannelLane, ChannelLayer, ChannelMap, KeptReason, LaneMember, LaneRole } from '@shared/channel-groups';
import { intAttribute } from './attributes';
import { findChannelGroups, type ChannelAxis, type ChannelRole } from './channel-groups';
import { singleBatch } from './classifier';
import type { Graph, Node } from './graph';
import { analyseShapes } from './shapes';

const withWeights = /^(Conv|Gemm|MatMul)$/;
const roles: Record<ChannelRole, LaneRole> = {
  produces: 'makes',
  reads: 'reads',
  follows: 'passes',
  carries: 'passes',
  shape: 'passes',
};

/**
 * The channel groups of a network as lanes: groups that the same layers make, pass and read are one lane.
 * @param graph as for `findChannelGroups`. Throws `model.invalid-graph` where shapes contradict each other.
 */
export function channelMap(graph: Graph): ChannelMap {
  const { axes: all, isProtected } = findChannelGroups(graph);
  const makers = new Set(all.flatMap(({ role, node }) => (role === 'produces' ? [node] : [])));
  // The bias of a layer that makes the channels says nothing new.
  const axes = all.filter(({ role, node }) => role !== 'follows' || !makers.has(node));
  const { shapes } = analyseShapes(graph, singleBatch(graph));
  const follows = new Set(axes.flatMap(({ role, node }) => (role === 'follows' ? [node] : [])));
  const nodes = graph.nodes.filter(
    (node) =>
      withWeights.test(node.op) || follows.has(node) || (joins(node, graph) && axes.some((axis) => axis.node === node)),
  );
  const rows = new Map(nodes.map((node, row) => [node, row]));
  const layers = nodes.map((node): ChannelLayer => {
    const width = shapes.get(node.outputs[0]!)?.shape[1];
    return {
      name: node.name,
      op: node.op,
      isDepthwise: isDepthwise(node, graph),
      width: typeof width === 'number' ? width : null,
    };
  });
  const lanes = [...groupsByAxes(axes, isProtected).values()].map(({ groups, axes: own }): ChannelLane => {
    const kept = isProtected[groups[0]!] ? reasonOf(own, axes, graph) : undefined;
    const inLane = new Set(groups);
    const width = ({ groups: all }: ChannelAxis): number =>
      all.reduce((sum, group) => sum + Number(inLane.has(group)), 0);
    const made = own.filter(({ role }) => role === 'produces');
    const channels = Math.max(...(made.length > 0 ? made : own).map(width));
    return { channels, groups: groups.length, members: membersOf(own, rows), ...(kept && { kept }) };
  });
  // What comes into a layer stands before what it makes.
  const order = ({ members: [first] }: ChannelLane): number => 2 * first!.layer + Number(first!.role !== 'reads');
  return { layers, lanes: lanes.filter(({ members }) => members.length > 0).sort((a, b) => order(a) - order(b)) };
}

/** A node where values that depend on the image meet. */
const joins = (node: Node, graph: Graph): boolean =>
  node.inputs.filter((input) => input !== '' && !graph.initializers.has(input)).length > 1;

function isDepthwise(node: Node, graph: Graph): boolean {
  return (
    node.op === 'Conv' &&
    intAttribute(node, 'group', 1) > 1 &&
    graph.initializers.get(node.inputs[1] ?? '')?.shape[1] === 1
  );
}

interface Gathered {
  groups: number[];
  axes: ChannelAxis[];
}

/** Groups that appear on the same axes. */
function groupsByAxes(axes: readonly ChannelAxis[], isProtected: readonly boolean[]): Map<string, Gathered> {
  const axesOf = new Map<number, number[]>();
  axes.forEach(({ groups }, axis) => {
    for (const group of new Set(groups)) {
      const known = axesOf.get(group);
      if (known) known.push(axis);
      else axesOf.set(group, [axis]);
    }
  });
  const gathered = new Map<string, Gathered>();
  for (const [group, own] of axesOf) {
    const key = `${isProtected[group]} ${own.join()}`;
    const same = gathered.get(key);
    if (same) same.groups.push(group);
    else gathered.set(key, { groups: [group], axes: own.map((axis) => axes[axis]!) });
  }
  return gathered;
}

function membersOf(axes: readonly ChannelAxis[], rows: ReadonlyMap<Node, number>): LaneMember[] {
  const members = new Map<string, LaneMember>();
  for (const { node, role } of axes) {
    const layer = rows.get(node);
    if (layer !== undefined) members.set(`${layer} ${roles[role]}`, { layer, role: roles[role] });
  }
  return [...members.values()].sort((a, b) => a.layer - b.layer);
}

/** Why protected channels on these axes are. */
function reasonOf(own: readonly ChannelAxis[], all: readonly ChannelAxis[], graph: Graph): KeptReason {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const values = new Set(own.flatMap(({ node, role }) => (role === 'reads' ? [] : node.outputs)));
  if (own.some(({ node, role }) => role !== 'produces' && node.inputs.some((input) => inputs.has(input))))
    return { by: 'input' };
  if ([...values].some((value) => outputs.has(value))) return { by: 'output' };
  const isKnown = new Set(all.map(({ node }) => node));
  const stranger = graph.nodes.find((node) => !isKnown.has(node) && node.inputs.some((input) => values.has(input)));
  return stranger ? { by: 'operator', op: stranger.op } : { by: 'unknown' };
}
