import type { ChannelAxis, ChannelGroups } from '../../onnx/channel-groups';

/** Removable groups made by the same layers, such as all outputs of one convolution: their number is what rounding is about. */
export interface ChannelSpace {
  groups: number[];
  /** Name of the first layer that makes them. */
  layer: string;
}

/** Spaces whose readers they share: what is best to remove from one depends on the others. */
export interface ChannelCluster {
  spaces: ChannelSpace[];
  /** Input axes of the weights that read channels of these spaces, in graph order. */
  readers: ChannelAxis[];
}

/** Sets of numbers that are joined where lists overlap. */
function components(lists: readonly (readonly number[])[]): number[][] {
  const owner = new Map<number, number[]>();
  for (const list of lists) {
    const joined = [...new Set([...new Set(list.map((item) => owner.get(item) ?? [item]))].flat())];
    for (const item of joined) owner.set(item, joined);
  }
  return [...new Set(owner.values())];
}

/** Groups with the same lists of makers together, in ascending order. */
function byMakers(made: readonly (readonly number[])[]): number[][] {
  const makers = new Map<number, number[]>();
  made.forEach((groups, maker) => {
    for (const group of groups) makers.set(group, [...(makers.get(group) ?? []), maker]);
  });
  const spaces = new Map<string, number[]>();
  for (const group of [...makers.keys()].sort((a, b) => a - b)) {
    const key = makers.get(group)!.join();
    spaces.set(key, [...(spaces.get(key) ?? []), group]);
  }
  return [...spaces.values()];
}

/**
 * The removable groups of a network by space and cluster, in graph order.
 * @param kept groups that stay besides the protected ones. Groups that no layer reads are left out.
 */
export function channelClusters({ axes, isProtected }: ChannelGroups, kept: ReadonlySet<number>): ChannelCluster[] {
  const free = (groups: Int32Array): number[] =>
    [...new Set(groups)].filter((group) => !isProtected[group] && !kept.has(group));
  const readers = axes.filter(({ role }) => role === 'reads');
  const isRead = new Set(readers.flatMap(({ groups }) => [...groups]));
  const producers = axes.filter(({ role }) => role === 'produces');
  const spaces = byMakers(producers.map(({ groups }) => free(groups).filter((group) => isRead.has(group))));
  const spaceOf = new Map(spaces.flatMap((groups, space) => groups.map((group): [number, number] => [group, space])));
  const read = readers.map(({ groups }) => [
    ...new Set(free(groups).flatMap((group) => (spaceOf.has(group) ? [spaceOf.get(group)!] : []))),
  ]);
  return components(read)
    .map((members) => members.sort((a, b) => a - b))
    .sort((a, b) => a[0]! - b[0]!)
    .map((members) => ({
      spaces: members.map((space) => {
        const groups = spaces[space]!;
        const maker = producers.find((axis) => axis.groups.includes(groups[0]!))!;
        return { groups, layer: maker.node.name };
      }),
      readers: readers.filter((_, reader) => read[reader]!.some((space) => members.includes(space))),
    }));
}
