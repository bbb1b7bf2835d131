/** One choice of a tree: `when` names the choice, and its option, that brings it up; absent: always made. */
export interface Choice {
  name: string;
  /** Number of options. */
  options: number;
  /** Neighbouring options are alike. */
  isOrdered: boolean;
  when?: { choice: string; option: number };
}

/** The option taken of each choice that came up. */
export type Assignment = ReadonlyMap<string, number>;

/** Proposals drawn from the good side, of which the best is kept: `n_EI_candidates` of the paper. */
const draws = 24;

/**
 * The tree-structured Parzen estimator of Bergstra, Bardenet, Bengio and Kégl (2011), "Algorithms for hyper-parameter optimization", NIPS
 * 24, for choices with finitely many options: draws from the density `l` of the good, and keeps what has the greatest `l / g`, to
 * which expected improvement is monotone; `g` is the density of the others. Each density is a mixture of one kernel an observation
 * and one uniform kernel, the prior.
 * @param choices each after the one that brings it up
 * @param accept whether a proposal may be made: its chain is valid, and nobody made it before
 * @returns undefined where none of the draws is accepted
 */
export function proposeParzen(
  choices: readonly Choice[],
  good: readonly Assignment[],
  others: readonly Assignment[],
  rng: () => number,
  accept: (proposal: Assignment) => boolean,
): Assignment | undefined {
  const densities = choices.map((choice) => ({
    choice,
    ofGood: parzenDensity(choice, good),
    ofOthers: parzenDensity(choice, others),
  }));
  let best: { proposal: Assignment; score: number } | undefined;
  for (let draw = 0; draw < draws; draw++) {
    const proposal = new Map<string, number>();
    let score = 0;
    for (const { choice, ofGood, ofOthers } of densities) {
      if (choice.when && proposal.get(choice.when.choice) !== choice.when.option) continue;
      const option = drawFrom(ofGood, rng);
      proposal.set(choice.name, option);
      score += Math.log(ofGood[option]! / ofOthers[option]!);
    }
    if ((best === undefined || score > best.score) && accept(proposal)) best = { proposal, score };
  }
  return best?.proposal;
}

/** Probabilities of the options: the prior counts as one observation. Ordered options share half of each observation with their neighbours. */
export function parzenDensity(
  { name, options, isOrdered }: Pick<Choice, 'name' | 'options' | 'isOrdered'>,
  observed: readonly Assignment[],
): number[] {
  const weights = new Array<number>(options).fill(1 / options);
  let total = 1;
  for (const assignment of observed) {
    const option = assignment.get(name);
    if (option === undefined) continue;
    total++;
    const beside = isOrdered ? [option - 1, option + 1].filter((other) => other >= 0 && other < options) : [];
    for (const other of beside) weights[other]! += 0.25;
    weights[option]! += 1 - 0.25 * beside.length;
  }
  return weights.map((weight) => weight / total);
}

function drawFrom(density: readonly number[], rng: () => number): number {
  let left = rng();
  const option = density.findIndex((share) => (left -= share) < 0);
  return option < 0 ? density.length - 1 : option;
}
