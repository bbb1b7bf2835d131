import { durationMs, searchSpecSchema, type SearchGoal, type SearchSpec } from '@shared/search';
import type { SearchRequest } from '@shared/search-state';
import { targetName, type Target } from '@shared/sweep-file';
import { valueProblem, type NumberRange } from '../components/ui/number-range';
import type { SweepDraft } from '../sweep/draft';

/** What a person says of a search, as typed. */
export interface SearchForm {
  models: string[];
  /** Points of top-1. */
  maxDrop: number | undefined;
  goal: SearchGoal;
  maxMegabytes: number | undefined;
  maxLatencyRatio: number | undefined;
  budgetMinutes: number | undefined;
  /** Name of the target whose times count; empty: none. */
  target: string;
  mayReplace: boolean;
  /** Candidates at most; only a sweep file says another number. */
  trials: number;
}

export const searchRanges = {
  maxDrop: { minimum: 0, maximum: 100 },
  maxMegabytes: { above: 0, optional: true },
  maxLatencyRatio: { above: 0, maximum: 10, optional: true },
  budgetMinutes: { minimum: 1, maximum: 7 * 24 * 60 },
} satisfies Record<string, NumberRange>;

const bytesPerMegabyte = 1e6;

/**
 * The form as it begins: what `whittle search` looks for, for the networks and the first target of the sweep.
 * @param model one network in place of those. @param spec what to look for, as a sweep file says it
 */
export function searchForm(
  { models, targets }: Pick<SweepDraft, 'models' | 'targets'>,
  { model, spec = searchSpecSchema.parse({}) }: { model?: string; spec?: SearchSpec } = {},
): SearchForm {
  const { maxDrop, goal, maxBytes, maxLatencyRatio, budget, trials } = spec;
  return {
    models: model === undefined ? [...models] : [model],
    maxDrop,
    goal,
    maxMegabytes: maxBytes === undefined ? undefined : maxBytes / bytesPerMegabyte,
    maxLatencyRatio,
    budgetMinutes: durationMs(budget)! / 60_000,
    target: targets[0] ? targetName(targets[0]) : '',
    mayReplace: false,
    trials,
  };
}

/** What is missing or wrong, one sentence each. */
export function searchGaps(form: SearchForm, draft: SweepDraft, datasetProblem?: string): string[] {
  const isTimeless = form.target === '' && (form.goal !== 'size' || form.maxLatencyRatio !== undefined);
  const isWrong = Object.entries(searchRanges).some(([name, range]) => {
    const value = form[name as keyof typeof searchRanges];
    return Number.isNaN(value) || valueProblem(value, range) !== undefined;
  });
  return [
    ...(form.models.length === 0 ? ['Choose at least one model.'] : []),
    ...(draft.dataset.path === '' ? ['Choose a dataset folder.'] : []),
    ...(draft.dataset.path !== '' && datasetProblem ? ['The dataset cannot be read: choose another folder.'] : []),
    ...(isWrong ? ['Correct the numbers.'] : []),
    ...(isTimeless ? ['Say where times are measured, or look for the smallest file alone.'] : []),
  ];
}

/** The request that a form without gaps makes. */
export function searchRequest(form: SearchForm, { dataset, targets, seed }: SweepDraft): SearchRequest {
  const { models, maxDrop, goal, maxMegabytes, maxLatencyRatio, budgetMinutes, mayReplace, trials } = form;
  const measured: Target[] = targets.filter((target) => targetName(target) === form.target);
  return {
    models,
    dataset,
    targets: measured,
    search: searchSpecSchema.parse({
      maxDrop,
      goal,
      maxBytes: maxMegabytes === undefined ? undefined : Math.round(maxMegabytes * bytesPerMegabyte),
      maxLatencyRatio,
      budget: `${budgetMinutes} min`,
      trials,
    }),
    mayReplace: mayReplace && models.length > 1,
    seed,
  };
}
