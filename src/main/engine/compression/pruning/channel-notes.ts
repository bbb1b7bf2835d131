import type { ChannelGroups } from '../../onnx/channel-groups';
import { countMacs, countParams } from '../../onnx/count';
import type { Graph } from '../../onnx/graph';

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

/** What channel pruning did, for people: cost kept, channels removed, and the width of each narrower layer. */
export function channelNotes(
  before: Graph,
  after: Graph,
  { axes }: ChannelGroups,
  removed: ReadonlySet<number>,
): string[] {
  const params = (graph: Graph): number => countParams({ ...graph, metadata: {} }).params;
  const layers = axes
    .filter(({ role }) => role === 'produces')
    .map(({ node, groups }) => ({
      name: node.name || node.outputs[0]!,
      full: groups.length,
      kept: groups.filter((group) => !removed.has(group)).length,
    }));
  const narrower = layers.filter(({ full, kept }) => kept < full);
  const sum = (key: 'full' | 'kept'): number => layers.reduce((all, layer) => all + layer[key], 0);
  const kept =
    `${percent(countMacs(after), countMacs(before))} of MACs and ${percent(params(after), params(before))} of parameters stay; ` +
    `${sum('full') - sum('kept')} of ${sum('full')} channels are gone.`;
  if (narrower.length === 0) return [kept];
  const widths = narrower.map((layer) => `${layer.name} ${layer.full} to ${layer.kept}`).join(', ');
  return [kept, `Channels left: ${widths}.`];
}
