import type { ChannelElimination } from './channel-elimination';
import type { ChannelCluster } from './channel-clusters';
import type { MatrixProducts } from '../algebra/matrix-products';

/** Channels of one space removed together, in the order in which they should go. */
export interface Removal {
  space: number;
  groups: number[];
  /** What is lost when everything up to here is removed: relative squared error of the readers' outputs. */
  damage: number;
}

/** Float work of one pass over a layer's weights above which this share of a space's channels is chosen at a time. */
const largePass = 4e6;
const chosenTogether = 1 / 64;
/** At least this share of a space stays. */
const leastShare = 0.15;

/** How many channels go at once, so that multiples of `roundTo` stay. 0 where none may go. */
export function nextBatch(left: number, total: number, roundTo: number): number {
  const batch = left % roundTo || roundTo;
  return left - batch >= Math.max(roundTo, leastShare * total) ? batch : 0;
}

/**
 * The order in which a cluster loses channels: always those next whose loss the readers can best make up for, per cost saved.
 * @param readers of the cluster, at the start. @param costOf what the removal of one channel of a space saves.
 * @param visit sees the state after each removal.
 */
export async function eliminationOrder(
  { spaces }: ChannelCluster,
  readers: readonly ChannelElimination[],
  { roundTo, costOf, groupCount }: { roundTo: number; costOf(space: number): number; groupCount: number },
  products: MatrixProducts,
  visit: (removed: number, total: number) => Promise<void>,
): Promise<Removal[]> {
  const left = spaces.map(({ groups }) => new Set(groups));
  const total = spaces.reduce((sum, { groups }) => sum + groups.length, 0);
  const removals: Removal[] = [];
  const costs = new Float64Array(groupCount);
  const score = (): void => {
    costs.fill(0);
    for (const reader of readers) reader.addCosts(costs);
  };
  const cheapest = (space: number, count: number): number[] =>
    [...left[space]!].sort((a, b) => costs[a]! - costs[b]! || a - b).slice(0, count);
  let [damage, removed] = [0, 0];
  for (;;) {
    score();
    let best: { space: number; batch: number; ratio: number } | undefined;
    spaces.forEach(({ groups }, space) => {
      const batch = nextBatch(left[space]!.size, groups.length, roundTo);
      if (batch === 0) return;
      const sum = cheapest(space, batch).reduce((all, group) => all + costs[group]!, 0);
      const ratio = sum / (batch * costOf(space));
      if (!best || ratio < best.ratio) best = { space, batch, ratio };
    });
    if (!best) return removals;
    const { space, batch } = best as { space: number; batch: number };
    const groups: number[] = [];
    while (groups.length < batch) {
      if (groups.length > 0) score();
      const isLarge = readers.some((reader) => reader.passWork > largePass);
      const together = isLarge ? Math.ceil(chosenTogether * spaces[space]!.groups.length) : 1;
      const chosen = cheapest(space, Math.min(together, batch - groups.length));
      for (const reader of readers) damage += await reader.eliminate(chosen, products);
      for (const group of chosen) left[space]!.delete(group);
      groups.push(...chosen);
    }
    for (const reader of readers) await reader.flush(products);
    removed += groups.length;
    removals.push({ space, groups, damage });
    await visit(removed, total);
  }
}
