import type { ChannelCosts } from './channel-costs';

/** What may be removed from one part of the network, in a fixed order. */
export interface RemovalSequence {
  /** Each with the expected loss of the network's output once everything up to it is removed. */
  steps: { space: string; groups: number[]; loss: number }[];
}

/** Steps looked ahead: costs that fall in stairs, such as milliseconds, show what a step saves only at the next stair. */
const lookAhead = 4;

/** Removals that bring the cost down to `target` at the least sum of expected losses, by greedy choice of loss per cost saved. */
export function allocateByLoss(
  sequences: readonly RemovalSequence[],
  ranking: ChannelCosts,
  budget: ChannelCosts,
  target: number,
): Set<number> {
  const taken = sequences.map(() => 0);
  const removed = new Set<number>();
  while (budget.total > target) {
    let best: { sequence: number; count: number; ratio: number } | undefined;
    sequences.forEach(({ steps }, sequence) => {
      const start = taken[sequence]!;
      const before = steps[start - 1]?.loss ?? 0;
      const groups: number[] = [];
      for (let count = 1; count <= lookAhead && start + count <= steps.length; count++) {
        groups.push(...steps[start + count - 1]!.groups);
        const saved = ranking.saved(groups);
        if (saved <= 0) continue;
        const ratio = Math.max(0, steps[start + count - 1]!.loss - before) / saved;
        if (!best || ratio < best.ratio) best = { sequence, count, ratio };
      }
    });
    if (!best) break;
    const { sequence, count } = best as { sequence: number; count: number };
    for (let done = 0; done < count && budget.total > target; done++) {
      const { groups } = sequences[sequence]!.steps[taken[sequence]!]!;
      taken[sequence]!++;
      ranking.remove(groups);
      if (budget !== ranking) budget.remove(groups);
      for (const group of groups) removed.add(group);
    }
  }
  return removed;
}

/** The same share of every space, as much as the target asks for. @param fresh makes the costs of the whole network. */
export function allocateUniformly(
  sequences: readonly RemovalSequence[],
  fresh: () => ChannelCosts,
  target: number,
): Set<number> {
  const totals = new Map<string, number>();
  const shares = sequences.flatMap(({ steps }) => {
    const done = new Map<string, number>();
    return steps.map(({ space, groups }) => {
      done.set(space, (done.get(space) ?? 0) + groups.length);
      totals.set(space, Math.max(totals.get(space) ?? 0, done.get(space)!));
      return { space, groups, upTo: done.get(space)! };
    });
  });
  shares.sort((a, b) => a.upTo / totals.get(a.space)! - b.upTo / totals.get(b.space)!);
  const costs = fresh();
  const removed = new Set<number>();
  for (const { groups } of shares) {
    if (costs.total <= target) break;
    costs.remove(groups);
    for (const group of groups) removed.add(group);
  }
  return removed;
}
