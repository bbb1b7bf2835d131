import { compareLexically, paretoRanks } from './dominance';
import { costOf, estimatedLoss, isClearlyOut, isPlausible, objectivesOf, type Aims, type Evidence } from './evidence';

/** Where candidates are measured: for real on this machine, or in a simulation. */
export interface Laboratory<C> {
  /** Rungs from the cheapest to all selection images. */
  readonly rungs: number;
  /** What is known of each candidate after this rung; those that failed, or for which the time was too short, are missing. */
  climb(candidates: readonly C[], rung: number): Promise<Map<C, Evidence>>;
}

export interface Standing<C> {
  candidate: C;
  /** By rung; as long as it has climbed. */
  evidence: Evidence[];
  /** It failed or is clearly out: it gets no more images. */
  isOut: boolean;
}

/** Of those on a rung, one in so many goes on. */
const reduction = 2;

/**
 * Successive halving of candidates that come in groups: of all that ever stood on a rung, the better half goes on to the next, as soon as it is
 * the better half (Li et al. 2020, "A system for massively parallel hyperparameter tuning", MLSys, there one by one). First those that may still
 * be within the loss, then by Pareto rank in loss, size and time, then by the sum of the places by loss and by cost. Who is clearly out
 * goes no further in any case.
 */
export class SuccessiveHalving<C> {
  readonly standings: Standing<C>[] = [];

  constructor(
    private readonly laboratory: Laboratory<C>,
    private readonly aims: Aims,
  ) {}

  /** Takes in candidates and lets all climb that may. */
  async enter(candidates: readonly C[]): Promise<void> {
    const entered = candidates.map((candidate): Standing<C> => ({ candidate, evidence: [], isOut: false }));
    this.standings.push(...entered);
    for (let rung = 0; rung < this.laboratory.rungs; rung++) {
      const climbing = rung === 0 ? entered : this.promoted(rung);
      if (climbing.length > 0) await this.climb(climbing, rung);
    }
  }

  private async climb(climbing: readonly Standing<C>[], rung: number): Promise<void> {
    const found = await this.laboratory.climb(
      climbing.map(({ candidate }) => candidate),
      rung,
    );
    for (const standing of climbing) {
      const evidence = found.get(standing.candidate);
      if (evidence) standing.evidence.push(evidence);
      standing.isOut = !evidence || isClearlyOut(evidence, this.aims);
    }
  }

  /**
   * Lets those below climb to the last rung, one after another, until the finalists are enough, nobody is left who may be within the loss, or
   * `most` have tried: first who was shown more images, then by loss, then by cost. The better half of a group may lose too much, and time may have
   * been too short for others.
   */
  async complete(isEnough: (finalists: readonly Standing<C>[]) => boolean, most: number): Promise<void> {
    const { rungs } = this.laboratory;
    const waiting = this.standings
      .filter(({ evidence }) => evidence.length > 0 && evidence.length < rungs)
      .filter(
        ({ evidence: [...known] }) => isPlausible(known.at(-1)!, this.aims) && !isClearlyOut(known.at(-1)!, this.aims),
      )
      .sort((a, b) => compareLexically(this.claim(a), this.claim(b)))
      .slice(0, most);
    for (const next of waiting) {
      if (isEnough(this.finalists)) return;
      do await this.climb([next], next.evidence.length);
      while (!next.isOut && next.evidence.length < rungs);
    }
  }

  private claim({ evidence }: Standing<C>): number[] {
    const last = evidence.at(-1)!;
    return [-evidence.length, Math.max(0, estimatedLoss(last)), costOf(this.aims.goal, last)];
  }

  /** Who stands on the last rung and is not out. */
  get finalists(): Standing<C>[] {
    return this.standings.filter(({ evidence, isOut }) => !isOut && evidence.length === this.laboratory.rungs);
  }

  /** All, best first, each by the last that is known of it; those that failed last. */
  get ranked(): Standing<C>[] {
    const known = this.standings.filter(({ evidence }) => evidence.length > 0);
    return [...this.bestFirst(known, -1), ...this.standings.filter(({ evidence }) => evidence.length === 0)];
  }

  private promoted(rung: number): Standing<C>[] {
    const stood = this.standings.filter(({ evidence }) => evidence.length >= rung);
    return this.bestFirst(stood, rung - 1)
      .slice(0, Math.ceil(stood.length / reduction))
      .filter(({ evidence, isOut }) => !isOut && evidence.length === rung);
  }

  private bestFirst(standings: readonly Standing<C>[], rung: number): Standing<C>[] {
    const { goal } = this.aims;
    const at = standings.map(({ evidence }) => evidence.at(rung)!);
    const ranks = paretoRanks(at.map((evidence) => objectivesOf(evidence, goal)));
    const losses = placesOf(at.map((evidence) => Math.max(0, estimatedLoss(evidence))));
    const costs = placesOf(at.map((evidence) => costOf(goal, evidence)));
    const order = standings.map(({ isOut }, index) => [
      Number(isOut),
      Number(!isPlausible(at[index]!, this.aims)),
      ranks[index]!,
      losses[index]! + costs[index]!,
    ]);
    return [...standings.keys()]
      .sort((a, b) => compareLexically(order[a]!, order[b]!))
      .map((index) => standings[index]!);
  }
}

/** How many values are smaller than each. */
function placesOf(values: readonly number[]): number[] {
  const places = new Map<number, number>();
  [...values].sort((a, b) => a - b).forEach((value, place) => places.has(value) || places.set(value, place));
  return values.map((value) => places.get(value)!);
}
