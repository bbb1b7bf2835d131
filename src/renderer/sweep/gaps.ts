import { hasTwice } from '@shared/sweep-file';
import { baselineName, type SweepDraft } from './draft';
import type { ListedModel } from './listed-model';
import { valueProblem } from '../components/ui/number-range';
import { sweepRanges } from './sweep-ranges';

const fits = (value: number, range: keyof typeof sweepRanges): boolean =>
  valueProblem(value, sweepRanges[range]) === undefined;

/** What is still missing before a sweep can be planned, one sentence each, in the order of the view. */
export function gapsOf(draft: SweepDraft, models: readonly ListedModel[], datasetProblem?: string): string[] {
  const gaps: string[] = [];
  if (draft.models.length === 0) gaps.push('Choose at least one model.');
  for (const reference of draft.models) {
    const model = models.find((candidate) => candidate.reference === reference);
    if (!model || model.problem)
      gaps.push(`The model ${model?.title ?? reference} cannot be used: remove it or choose another.`);
    else if (!model.described) gaps.push(`Say how images are prepared for ${model.title}.`);
  }
  if (!draft.dataset.path) gaps.push('Choose a dataset folder.');
  else if (datasetProblem) gaps.push('The dataset cannot be read: choose another folder.');
  if ([draft.dataset.eval, draft.dataset.calibration, draft.dataset.train].some((count) => !fits(count, 'images')))
    gaps.push('Correct the number of images.');
  if (!fits(draft.dataset.seed, 'seed')) gaps.push('Correct the seed.');
  if (draft.targets.some(({ threads }) => !fits(threads, 'threads'))) gaps.push('Correct the number of threads.');
  if (hasTwice(draft.targets)) gaps.push('Two targets are the same: change or remove one.');
  const names = new Set([baselineName]);
  for (const recipe of draft.recipes) {
    if (!recipe.name.trim()) gaps.push('Give every recipe a name.');
    else if (names.has(recipe.name)) gaps.push(`Two recipes are called "${recipe.name}": rename one.`);
    names.add(recipe.name);
    if (recipe.steps.length === 0) gaps.push(`Add a step to the recipe "${recipe.name}", or delete it.`);
  }
  return [...new Set(gaps)];
}
