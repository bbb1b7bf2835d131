import { canonicalJson } from '../jobs/step-key';
import type { Model } from '../models/model-folder';
import { checkRecipe } from '../techniques/check-recipe';
import { portfolio } from '../techniques/portfolio';
import { assignmentOf, chainChoices, chainOf, isChain } from './chain-space';
import type { Candidate } from './plan-candidate';
import type { Standing } from './successive-halving';
import { proposeParzen, type Assignment } from './tree-parzen';

/** The better part of what is known is good: a quarter, as Bergstra et al. (2013) have it in Hyperopt. */
const goodShare = 0.25;
/** One proposal in so many is drawn without regard to what was learned. */
const explorationEvery = 4;

/** Names candidates by the order in which they come and sees to it that none comes twice. */
export class ChainProposer {
  private readonly seen = new Set<string>();
  private proposed = 0;

  constructor(
    private readonly models: readonly Model[],
    private readonly rng: () => number,
  ) {}

  /** Chains known to do well, on each network; and the others than the first as they came: they may stand in for it. */
  portfolio(): Candidate[] {
    const [, ...others] = this.models;
    const asTheyCame = others.map((model) => this.candidate(model, []));
    return [...asTheyCame, ...portfolio.flatMap((chain) => this.models.map((model) => this.candidate(model, chain)))];
  }

  /** @param ranked best first. Answers undefined where nothing new comes up. */
  propose(ranked: readonly Standing<Candidate>[]): Candidate | undefined {
    const model = this.modelFor(ranked);
    const own = ranked.filter(({ candidate }) => candidate.model === model && candidate.chain.length > 0);
    const learned = own.map(({ candidate }) => assignmentOf(candidate.chain));
    const isExploring = this.proposed % explorationEvery === 0;
    const good = isExploring ? 0 : Math.ceil(goodShare * learned.length);
    const accept = (assignment: Assignment): boolean => {
      const chain = chainOf(assignment);
      return isChain(chain) && !this.seen.has(identity(model, chain));
    };
    const [best, others] = [learned.slice(0, good), isExploring ? [] : learned.slice(good)];
    const found = proposeParzen(chainChoices, best, others, this.rng, accept);
    return found && this.candidate(model, chainOf(found));
  }

  /** The networks take turns; one whose best chain is among the better half of all gets two of three. */
  private modelFor(ranked: readonly Standing<Candidate>[]): Model {
    if (this.models.length === 1) return this.models[0]!;
    const leading = ranked[Math.floor(this.rng() * Math.ceil(goodShare * ranked.length))]?.candidate.model;
    return this.rng() < 2 / 3 && leading ? leading : this.models[this.proposed % this.models.length]!;
  }

  private candidate(model: Model, chain: Candidate['chain']): Candidate {
    this.seen.add(identity(model, chain));
    this.proposed++;
    const steps = chain.map(({ technique }) => technique).join(' + ');
    return { name: `${this.proposed} ${steps || 'as it came'}`, model, chain };
  }
}

/** By what is computed, not by how it is written. */
const identity = (model: Model, chain: Candidate['chain']): string =>
  canonicalJson([model.name, checkRecipe(chain).map(({ technique, params }) => [technique, params])]);
