import { formatCounted } from './format';

/** What a layer does with channels: makes them, hands them on one to one, or reads them all. */
export type LaneRole = 'makes' | 'passes' | 'reads';

/** A node of the network that has weights, or that joins branches. */
export interface ChannelLayer {
  name: string;
  op: string;
  isDepthwise: boolean;
  /** Output channels; null where the shape is not known. */
  width: number | null;
}

export interface LaneMember {
  /** Index into the layers. A layer that both reads a lane and makes it is listed once for each. */
  layer: number;
  role: LaneRole;
}

/** Why channels must stay: they are those of the network's input or output, or an operator sees them whose use of channels is not known. */
export type KeptReason = { by: 'input' | 'output' | 'unknown' } | { by: 'operator'; op: string };

/** Channels that the same layers make, pass and read. */
export interface ChannelLane {
  channels: number;
  /** Sets of these channels that can only be removed together; fewer than channels at grouped convolutions. */
  groups: number;
  /** In network order. */
  members: LaneMember[];
  kept?: KeptReason;
}

/** The channels of a network that live and die together, as a diagram shows them: layers in network order, lanes by where they begin. */
export interface ChannelMap {
  layers: ChannelLayer[];
  lanes: ChannelLane[];
}

const layerOps = /^(Conv|Gemm|MatMul)$/;

/** Whether people call it a layer: it has weights of its own and is no sum or concatenation of others. */
export const isLayer = ({ op }: ChannelLayer): boolean => layerOps.test(op);

/** "24 channels", "128 channels in 4 groups". */
export function laneSize({ channels, groups }: ChannelLane): string {
  return formatCounted(channels, 'channel') + (groups === channels ? '' : ` in ${formatCounted(groups, 'group')}`);
}

/** What ties the layers of a lane: "2 residual sums and 1 depthwise convolution"; undefined where one layer makes what others read. */
export function laneCoupling({ layers }: ChannelMap, lane: ChannelLane): string | undefined {
  const passing = lane.members.flatMap(({ layer, role }) => (role === 'passes' ? [layers[layer]!] : []));
  const count = (isOne: (layer: ChannelLayer) => boolean, one: string): string[] => {
    const found = passing.filter(isOne).length;
    return found > 0 ? [formatCounted(found, one)] : [];
  };
  const parts = [
    ...count(({ op }) => op === 'Add', 'residual sum'),
    ...count(({ op }) => op === 'Mul', 'product'),
    ...count(({ isDepthwise }) => isDepthwise, 'depthwise convolution'),
  ];
  return parts.length === 0 ? undefined : parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

/** Why the channels stay, to follow "stay:"; undefined where they may go. */
export function keptText({ kept }: ChannelLane): string | undefined {
  if (!kept) return undefined;
  if (kept.by === 'operator') return `read by ${kept.op}`;
  return kept.by === 'unknown' ? 'tied to channels that must stay' : `network ${kept.by}`;
}

/** How many layers have to do with the lane, sums and concatenations not counted. */
export const laneLayers = ({ layers }: ChannelMap, lane: ChannelLane): number =>
  new Set(lane.members.flatMap(({ layer }) => (isLayer(layers[layer]!) ? [layer] : []))).size;

/** One sentence part: "24 channels, 5 layers, coupled by 2 residual sums". */
export function laneText(map: ChannelMap, lane: ChannelLane): string {
  const coupling = laneCoupling(map, lane);
  return [
    laneSize(lane),
    formatCounted(laneLayers(map, lane), 'layer'),
    ...(coupling ? [`coupled by ${coupling}`] : []),
  ].join(', ');
}

/** In place of a map without lanes. */
export const noLanesText =
  'No channels can be followed: the weights of this file are stored in codes or half precision. Look at the float network it was made from.';
