import { normalQuantile } from '@shared/statistics/normal';
import { goalsOf, type SearchGoal } from '@shared/search';
import { costOf, confirmedDelta, estimatedLoss, isWithinLimits, type Aims, type Evidence } from './evidence';
import type { Standing } from './successive-halving';

/** Shares of what may be lost at which picks are made: the first is what was asked for, the others stand in where it is not confirmed. */
const shares = [1, 2 / 3, 1 / 3, 0];
/** And one beyond, to say what more loss would buy. */
const looserShare = 2;
/** Of all intervals of one goal together: that any of them misses. */
const missing = 0.05;
/** With a pick that loses at most this share of the limit, one is likely to be confirmed. */
const safeShare = 1 / 3;
/** Picks of a goal that are likely to hold one that is confirmed. */
const enoughPicks = 3;
/** Rounding of shares and percentages. */
const tolerance = 1e-9;

/** What selection made of a goal, before any confirmation image was looked at. */
export interface Picks<C> {
  goal: SearchGoal;
  /** In the order in which confirmation takes them: from what was asked for to the strictest. */
  picks: C[];
  /** Cheaper, for more loss than was asked for. */
  looser?: C;
}

/** What cannot be better than itself: a winner costs less. */
export const networkEvidence = (sizeBytes: number): Evidence => ({
  sizeBytes,
  latency: { ratio: 1, ratioInterval: [1, 1] },
  expectedRatio: 1,
});

/**
 * @param finalists evidence on all selection images
 * @param network the network as it came
 */
export function choosePicks<C>(
  finalists: readonly Standing<C>[],
  aims: Aims,
  goal: SearchGoal,
  network: Evidence,
): Picks<C> {
  const within = (share: number): Standing<C>[] =>
    finalists
      .filter(({ evidence }) => isWithinLimits(evidence.at(-1)!, aims))
      .filter(({ evidence }) => costOf(goal, evidence.at(-1)!) < costOf(goal, network))
      .filter(({ evidence }) => estimatedLoss(evidence.at(-1)!) <= share * aims.maxDrop + tolerance);
  const lossOf = ({ evidence }: Standing<C>): number => estimatedLoss(evidence.at(-1)!);
  const costOfStanding = ({ evidence }: Standing<C>): number => costOf(goal, evidence.at(-1)!);
  const best = (share: number): Standing<C> | undefined =>
    within(share).sort((a, b) => costOfStanding(a) - costOfStanding(b) || lossOf(a) - lossOf(b))[0];
  const picks = new Set(
    shares.flatMap((share) => {
      const found = best(share);
      return found ? [found.candidate] : [];
    }),
  );
  // Where one is the best of several shares, the safest of the others stand in.
  const others = within(1).sort((a, b) => lossOf(a) - lossOf(b) || costOfStanding(a) - costOfStanding(b));
  for (const { candidate } of others) if (picks.size < shares.length) picks.add(candidate);
  const looser = best(looserShare)?.candidate;
  return { goal, picks: [...picks], ...(looser !== undefined && !picks.has(looser) && { looser }) };
}

/** Whether each goal has a pick whose estimated loss leaves room for chance, and others to stand in for it. */
export function hasEnoughPicks<C>(finalists: readonly Standing<C>[], aims: Aims, network: Evidence): boolean {
  const careful = { ...aims, maxDrop: safeShare * aims.maxDrop };
  return goalsOf(aims.goal).every(
    (goal) =>
      choosePicks(finalists, careful, goal, network).picks.length > 0 &&
      choosePicks(finalists, aims, goal, network).picks.length >= enoughPicks,
  );
}

export interface Winner<C> {
  goal: SearchGoal;
  candidate: C;
  top1Delta: number;
  /** Holds the true difference in 95 of 100 searches, however many picks were looked at before this one. */
  interval: [number, number];
  /** The whole interval is within what may be lost; else only the estimate is. */
  isClear: boolean;
}

/**
 * The first pick that costs less than the network and whose loss on the confirmation images, as estimated there, is at most what may be lost. Picks are looked at in the order that
 * selection gave them, and the k-th interval has the level 1 - 0.05 / 2^k: whichever becomes the winner, the probability that its
 * interval misses is at most the sum, 0.05 (Bonferroni with unequal shares; Holm 1979, "A simple sequentially rejective multiple test
 * procedure").
 * @param confirmed evidence on confirmation images alone; missing for what failed there
 * @param looks confirmations of the same search before this one: they spent the first shares
 */
export function confirmWinner<C>(
  { goal, picks }: Picks<C>,
  confirmed: ReadonlyMap<C, Evidence>,
  aims: Aims,
  { network, looks = 0 }: { network: Evidence; looks?: number },
): Winner<C> | undefined {
  for (const [at, candidate] of picks.entries()) {
    const evidence = confirmed.get(candidate);
    if (!evidence?.counts || !isWithinLimits(evidence, aims)) continue;
    if (costOf(goal, evidence) >= costOf(goal, network)) continue;
    // An earlier confirmation may have looked at as many picks as there are shares.
    const quantile = normalQuantile(missing / 2 ** (at + 1 + looks * shares.length) / 2);
    const { top1Delta, interval } = confirmedDelta(evidence.counts, quantile);
    if (top1Delta < -aims.maxDrop - tolerance) continue;
    return { goal, candidate, top1Delta, interval, isClear: interval[0] >= -aims.maxDrop };
  }
  return undefined;
}
