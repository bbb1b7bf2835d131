import { recipeTraits } from '../techniques/recipe-traits';
import type { PlannedStep, TrialPlan } from './plan';

/** What decides the order beside the plan. */
export interface OrderWishes {
  /** What a step costs beside the others, in any unit. */
  costOf(step: PlannedStep): number;
  /** Trials that somebody wants before all others, in this order. */
  first?: readonly string[];
}

/**
 * The order in which trials are best finished, so that a run that ends early has told most: of every network first its baseline, then a result
 * in integers, then a structural one; after these whatever is cheapest next. A step that several trials share is paid by all of them, so
 * what is shared comes early. Deterministic; equal trials stay in the order of the sweep.
 */
export function orderTrials(trials: readonly TrialPlan[], { costOf, first = [] }: OrderWishes): TrialPlan[] {
  const prices = new Prices(trials, costOf);
  const left = new Set(trials);
  const ordered: TrialPlan[] = [];
  const place = (trial: TrialPlan | undefined): void => {
    if (!trial || !left.delete(trial)) return;
    ordered.push(trial);
    prices.pay(trial);
  };

  for (const id of first) place(trials.find((trial) => trial.id === id));
  const models = [...new Set(trials.map(({ model }) => model))];
  const traits = new Map(trials.map((trial) => [trial, traitsOf(trial)]));
  const milestones: ((trial: TrialPlan) => boolean)[] = [
    (trial) => trial.isBaseline,
    (trial) => traits.get(trial)!.integers,
    (trial) => traits.get(trial)!.structural,
  ];
  for (const reaches of milestones) {
    for (const model of models) {
      const candidates = trials.filter((trial) => trial.model === model && reaches(trial));
      if (candidates.every((trial) => left.has(trial))) place(prices.cheapest(candidates));
    }
  }
  while (left.size > 0) place(prices.cheapest(left));
  return ordered;
}

/** What each trial costs beyond the steps that are paid already. */
class Prices {
  private readonly users = new Map<string, TrialPlan[]>();
  private readonly paid = new Set<string>();
  private readonly prices = new Map<TrialPlan, number>();

  constructor(
    trials: readonly TrialPlan[],
    private readonly costOf: OrderWishes['costOf'],
  ) {
    for (const trial of trials)
      for (const { key } of trial.steps) {
        const users = this.users.get(key) ?? [];
        if (users.at(-1) !== trial) users.push(trial);
        this.users.set(key, users);
      }
    for (const trial of trials) this.prices.set(trial, this.priceOf(trial));
  }

  /** The first of the cheapest; undefined of none. */
  cheapest(candidates: Iterable<TrialPlan>): TrialPlan | undefined {
    let best: TrialPlan | undefined;
    for (const trial of candidates) if (!best || this.prices.get(trial)! < this.prices.get(best)!) best = trial;
    return best;
  }

  pay(trial: TrialPlan): void {
    const others = new Set<TrialPlan>();
    for (const { key } of trial.steps) {
      if (this.paid.has(key)) continue;
      this.paid.add(key);
      for (const user of this.users.get(key)!) others.add(user);
    }
    for (const other of others) this.prices.set(other, this.priceOf(other));
  }

  private priceOf(trial: TrialPlan): number {
    return trial.steps
      .filter(({ key }) => !this.paid.has(key))
      .reduce((sum, step) => sum + this.costOf(step) / this.users.get(step.key)!.length, 0);
  }
}

function traitsOf({ steps }: TrialPlan): ReturnType<typeof recipeTraits> {
  return recipeTraits(steps.flatMap(({ order }) => (order.kind === 'compress' ? [order] : [])));
}
