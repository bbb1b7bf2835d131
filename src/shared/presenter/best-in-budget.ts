import type { RunView, TrialView } from '../run';
import { adjustFamilywise } from '../statistics/familywise';
import { quotient, type RatioWithInterval } from '../statistics/ratio-quotient';
import type { Budget } from './budget';
import { deploymentOf, latencyOf, runtimeOf } from './deployment';
import { judgeTrial, type TrialJudgement } from './judge-budget';
import { indifferenceOf, zoneOfTime } from './zone';

/** A trial that passes, with what a choice among many does to that claim. */
export interface BestTrial {
  trial: TrialView;
  /** Others that pass and are not clearly slower (for the fastest) or have as many bytes (for the smallest). */
  ties: number;
  /** It is within the budget even as the best of all trials of its network: Holm's p-value is at most 2.5 %, that of one end of an interval. */
  holdsAmongAll: boolean;
}

/** What one network offers within a budget. */
export interface BestOfModel {
  model: string;
  counts: Record<TrialJudgement['verdict'], number>;
  /** Trials that were judged on measured differences: the choice is among these. */
  among: number;
  /** Absent where nothing that passes has fewer bytes than what the run is compared with. */
  smallest?: BestTrial;
  /** Absent where nothing that passes is clearly faster than that. */
  fastest?: BestTrial;
  /** Of those that pass, the ones that no other beats in size, time and top-1 together. */
  front: TrialView[];
  /** Where none passes: the one that lacks least, with what it lacks. */
  nearest?: { trial: TrialView; judgement: TrialJudgement };
}

export interface BudgetJudgements {
  /** By the trial's id; the same for all views of a run. */
  of: (trial: string) => TrialJudgement | undefined;
  /** One entry a network, in the order of the run. */
  best: BestOfModel[];
}

/** Every trial of a run to a budget on a target, and the best per network. What the others are compared with is judged, and is no choice. */
export function judgeRun(run: RunView, budget: Budget, target: string): BudgetJudgements {
  const judgements = new Map(run.trials.map((trial) => [trial.id, judgeTrial(run, trial, budget, target)]));
  const best = run.models.map((model) => bestOf(run, model, judgements, target));
  return { of: (trial) => judgements.get(trial), best };
}

interface Candidate {
  trial: TrialView;
  judgement: TrialJudgement;
  sizeBytes: number;
  /** Absent without a measured time. */
  time: RatioWithInterval | undefined;
  top1: number;
  adjustedP: number;
}

/** Half of 5 %: the share of one end of a 95 % interval. */
const oneEnd = 0.025;

function bestOf(
  run: RunView,
  model: string,
  judgements: ReadonlyMap<string, TrialJudgement>,
  target: string,
): BestOfModel {
  const runtime = runtimeOf(run, target);
  const trials = run.trials.filter((trial) => trial.model === model && !trial.isBaseline);
  const judged = trials.map((trial) => judgements.get(trial.id)!);
  const adjusted = adjustFamilywise(judged.flatMap(({ p }) => (p === undefined ? [] : [p])));
  let next = 0;
  const candidates = trials.map((trial, index): Candidate => {
    const judgement = judged[index]!;
    const { sizeBytes = Infinity, top1 = -Infinity } = deploymentOf(trial, runtime);
    const adjustedP = judgement.p === undefined ? 0 : adjusted[next++]!;
    return { trial, judgement, sizeBytes, time: latencyOf(trial, target), top1, adjustedP };
  });
  const counts = { passes: 0, 'may pass': 0, fails: 0 };
  for (const { verdict } of judged) counts[verdict]++;
  const passing = candidates.filter(({ judgement }) => judgement.verdict === 'passes');
  const baseline = run.trials.find((trial) => trial.model === model && trial.isBaseline);
  const { sizeBytes: baselineBytes = Infinity } = baseline ? deploymentOf(baseline, runtime) : {};
  const smallest = smallestOf(passing.filter(({ sizeBytes }) => sizeBytes < baselineBytes));
  // Clearly: beyond the difference that is of no consequence, as a cell of the matrix is judged.
  const [least] = zoneOfTime(indifferenceOf(run));
  const fastest = fastestOf(passing.filter(({ time }) => time && time.ratioInterval[1] < least));
  const nearest = passing.length === 0 ? nearestOf(candidates) : undefined;
  return {
    model,
    counts,
    among: adjusted.length,
    front: frontOf(passing).map(({ trial }) => trial),
    ...(smallest && { smallest }),
    ...(fastest && { fastest }),
    ...(nearest && { nearest }),
  };
}

const ratioOf = ({ time }: Candidate): number => time?.ratio ?? Infinity;
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** Fewest bytes; of equal files the faster, then the more accurate, then the order of the sweep. */
const bySize = (a: Candidate, b: Candidate): number =>
  compare(a.sizeBytes, b.sizeBytes) || compare(ratioOf(a), ratioOf(b)) || compare(b.top1, a.top1);

function best({ trial, adjustedP }: Candidate, ties: number): BestTrial {
  return { trial, ties, holdsAmongAll: adjustedP <= oneEnd };
}

function smallestOf(passing: readonly Candidate[]): BestTrial | undefined {
  const [first, ...others] = [...passing].sort(bySize);
  return first && best(first, others.filter(({ sizeBytes }) => sizeBytes === first.sizeBytes).length);
}

/**
 * Of those whose time is not clearly longer than the shortest (95 % interval of the quotient), the smallest: what noise decides is no
 * reason. Never one that another beats in size and time: a wide interval alone makes nobody the fastest.
 */
function fastestOf(timed: readonly Candidate[]): BestTrial | undefined {
  if (timed.length === 0) return undefined;
  const shortest = timed.reduce((least, one) => (ratioOf(one) < ratioOf(least) ? one : least));
  const alike = timed.filter((one) => one === shortest || quotient(one.time!, shortest.time!).ratioInterval[0] <= 1);
  const costs = (one: Candidate): number[] => [one.sizeBytes, ratioOf(one)];
  const chosen = alike.filter((one) => !timed.some((other) => beats(costs(other), costs(one)))).sort(bySize)[0]!;
  return best(chosen, alike.length - 1);
}

/** At least as good in everything and better in something; lower is better. */
const beats = (own: readonly number[], other: readonly number[]): boolean =>
  own.every((cost, index) => cost <= other[index]!) && own.some((cost, index) => cost < other[index]!);

function frontOf(passing: readonly Candidate[]): Candidate[] {
  const costs = (one: Candidate): number[] => [one.sizeBytes, ratioOf(one), -one.top1];
  return passing.filter((one) => !passing.some((other) => beats(costs(other), costs(one))));
}

/** Fewest limits not met, then the least missing. */
function nearestOf(candidates: readonly Candidate[]): BestOfModel['nearest'] {
  const unmet = ({ judgement }: Candidate): number =>
    judgement.criteria.filter(({ verdict }) => verdict !== 'passes').length;
  const missing = ({ judgement }: Candidate): number => judgement.criteria.reduce((sum, one) => sum + one.missing, 0);
  const isSettled = (one: Candidate): number => Number(one.judgement.verdict === 'fails');
  const known = candidates.filter((one) => missing(one) < Infinity);
  const [first] = known.sort(
    (a, b) => compare(isSettled(a), isSettled(b)) || compare(unmet(a), unmet(b)) || compare(missing(a), missing(b)),
  );
  return first && { trial: first.trial, judgement: first.judgement };
}
