import type { SearchSpec } from '@shared/search';
import type { LeadingChain, SearchStage } from '@shared/search-state';
import { formatRecipe } from '@shared/recipe-syntax';
import { goalsOf } from '@shared/search';
import { normalQuantile95 } from '@shared/statistics/normal';
import { choosePicks, hasEnoughPicks } from './choose-winners';
import { confirmedDelta, type Evidence } from './evidence';
import type { Candidate } from './plan-candidate';
import type { ChainProposer } from './propose-chains';
import { SuccessiveHalving, type Standing } from './successive-halving';
import type { TimeLimit, TrialLaboratory } from './trial-laboratory';

/** Candidates that enter together: few, so that the first of them are known to the end early. */
const groupSize = 4;

/**
 * Tries what is known to do well, then what is proposed, until the time or the number of candidates is reached, or nothing new comes up.
 * Then, where the finalists have nothing for a goal that is likely to be confirmed, the likeliest of the others are shown all selection images.
 * @param finishLimit by which that is over
 * @param network as it came
 * @param tell called before and after each group of candidates
 */
export async function explore(
  laboratory: TrialLaboratory,
  proposer: ChainProposer,
  aims: SearchSpec,
  { finishLimit, network, tell }: ExploreOptions,
): Promise<Standing<Candidate>[]> {
  const halving = new SuccessiveHalving(laboratory, aims);
  const waiting = proposer.portfolio();
  while (halving.standings.length < aims.trials && !laboratory.isOutOfTime) {
    const room = Math.min(groupSize, aims.trials - halving.standings.length);
    const group = waiting.splice(0, room);
    const stage = group.length > 0 ? 'portfolio' : 'proposals';
    while (group.length < room) {
      const proposal = proposer.propose(halving.ranked);
      if (!proposal) break;
      group.push(proposal);
    }
    if (group.length === 0) break;
    tell(stage, halving.finalists, false);
    await halving.enter(group);
    tell(stage, halving.finalists, true);
  }
  laboratory.giveUntil(finishLimit);
  await halving.complete((finalists) => hasEnoughPicks(finalists, aims, network), groupSize);
  return halving.finalists;
}

export interface ExploreOptions {
  finishLimit: TimeLimit;
  network: Evidence;
  tell(stage: SearchStage, finalists: readonly Standing<Candidate>[], isTried: boolean): void;
}

/** For each goal what would be confirmed first if the search ended now. @param network as it came */
export function leadingChains(
  finalists: readonly Standing<Candidate>[],
  aims: SearchSpec,
  network: Evidence,
): LeadingChain[] {
  return goalsOf(aims.goal).flatMap((goal) => {
    const [pick] = choosePicks(finalists, aims, goal, network).picks;
    const evidence = finalists.find(({ candidate }) => candidate === pick)?.evidence.at(-1);
    if (!pick || !evidence?.counts) return [];
    const { sizeBytes, latency, counts } = evidence;
    return {
      goal,
      model: pick.model.name,
      recipe: formatRecipe(pick.chain),
      sizeBytes,
      sizeRatio: sizeBytes / network.sizeBytes,
      ...(latency && { latencyRatio: latency.ratio }),
      ...confirmedDelta(counts, normalQuantile95),
      n: counts.n,
    };
  });
}
