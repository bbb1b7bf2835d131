import type { RunView, TrialView } from '@shared/run';

export interface MatchedTrials {
  pairs: { reference: TrialView; candidate: TrialView }[];
  onlyReference: TrialView[];
  onlyCandidate: TrialView[];
}

/** Which recipes are put beside each other where they are not those of one name. */
export interface ChosenRecipes {
  reference: string;
  candidate: string;
}

/**
 * The trials of two runs that belong together: those of one network with the same recipe name, then, of what is left, those with the
 * same steps under another name. Each is in one pair at most.
 * @param chosen these two recipes alone, on every network that both have
 */
export function matchTrials(
  reference: Pick<RunView, 'trials'>,
  candidate: Pick<RunView, 'trials'>,
  chosen?: ChosenRecipes,
): MatchedTrials {
  const left = new Set(reference.trials.filter(({ recipe }) => !chosen || recipe === chosen.reference));
  const wanted = candidate.trials.filter(({ recipe }) => !chosen || recipe === chosen.candidate);
  const partners = new Map<TrialView, TrialView>();
  const take = (isPartner: (theirs: TrialView, own: TrialView) => boolean): void => {
    for (const own of wanted) {
      if (partners.has(own)) continue;
      const found = [...left].find((theirs) => theirs.model === own.model && isPartner(theirs, own));
      if (!found) continue;
      left.delete(found);
      partners.set(own, found);
    }
  };
  if (chosen) take(() => true);
  else {
    take((theirs, own) => theirs.recipe === own.recipe);
    take((theirs, own) => theirs.recipeText === own.recipeText);
  }
  return {
    pairs: wanted.flatMap((own) => {
      const theirs = partners.get(own);
      return theirs ? [{ reference: theirs, candidate: own }] : [];
    }),
    onlyReference: [...left],
    onlyCandidate: wanted.filter((own) => !partners.has(own)),
  };
}
