import type { RunComparison } from '@shared/run-comparison';

/** Stands for all of them where a recipe may be chosen: no recipe has an empty name. */
export const everyRecipe = '';

/** The recipes of two runs that were compared as a whole, each once. */
export function comparedRecipes({ pairs, onlyReference, onlyCandidate }: RunComparison): {
  reference: string[];
  candidate: string[];
} {
  const nameOf = (trial: string): string => trial.slice(trial.indexOf('/') + 1);
  const unique = (names: string[]): string[] => [...new Set(names)];
  return {
    reference: unique([...pairs.map((pair) => pair.reference.recipe), ...onlyReference.map(nameOf)]),
    candidate: unique([...pairs.map((pair) => pair.candidate.recipe), ...onlyCandidate.map(nameOf)]),
  };
}
