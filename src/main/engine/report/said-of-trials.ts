import { sameRecipes } from '@shared/presenter/same-recipes';
import type { RunView, TrialView } from '@shared/run';

/** A sentence with the trials it holds for: "int8, int4 (mobilenetv2)"; without them it is said of the whole run. */
export interface Said {
  sentence: string;
  of?: string;
}

/** Each sentence once, in the order of its first trial. */
export function saidOfTrials(
  run: Pick<RunView, 'models' | 'recipes'>,
  trials: readonly TrialView[],
  sentencesOf: (trial: TrialView) => readonly string[],
): Said[] {
  const trialsOf = new Map<string, TrialView[]>();
  for (const trial of trials)
    for (const sentence of new Set(sentencesOf(trial)))
      trialsOf.set(sentence, [...(trialsOf.get(sentence) ?? []), trial]);
  return [...trialsOf].map(([sentence, found]) => ({ sentence, of: appliesTo(run, found) }));
}

/** "int8, int4 (mobilenetv2, resnet50); fp16 (all models)": models with the same recipes stand together. */
export function appliesTo(run: Pick<RunView, 'models' | 'recipes'>, trials: readonly TrialView[]): string {
  const recipesOf = run.models.flatMap((model): [string, string[]][] => {
    const recipes = trials.filter((trial) => trial.model === model).map(({ recipe }) => recipe);
    if (recipes.length === 0) return [];
    return [[model, recipes.length === run.recipes.length ? ['all recipes'] : recipes]];
  });
  return sameRecipes(recipesOf)
    .map(({ recipes, models }) => {
      const isAll = models.length === run.models.length && models.length > 1;
      return `${recipes.join(', ')} (${isAll ? 'all models' : models.join(', ')})`;
    })
    .join('; ');
}
