import { findChannelGroups } from '../../onnx/channel-groups';
import type { Graph } from '../../onnx/graph';
import { removeChannels } from '../../onnx/remove-channels';
import { channelClusters } from './channel-clusters';

/**
 * The network with a fraction of the channels everywhere: of those that the same layers make, as many first ones stay, in multiples of
 * `roundTo` (Howard et al. 2017, "MobileNets", width multiplier). For a shape whose weights are drawn anew.
 * @param graph simplified, with plain weights; it is not changed
 */
export function thinNetwork(graph: Graph, width: number, roundTo: number): Graph {
  const groups = findChannelGroups(graph);
  const removed = new Set<number>();
  for (const { spaces } of channelClusters(groups, new Set()))
    for (const { groups: channels } of spaces) {
      const kept = Math.max(
        Math.min(roundTo, channels.length),
        roundTo * Math.round((width * channels.length) / roundTo),
      );
      for (const group of channels.slice(kept)) removed.add(group);
    }
  return removeChannels(graph, groups, removed);
}
