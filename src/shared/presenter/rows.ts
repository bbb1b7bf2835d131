import type { RunView, TrialView } from '../run';

/** One recipe: a row of the matrix, with its trial on every network. */
export interface MatrixRow {
  recipe: string;
  /** The steps as text; empty for the baseline. */
  recipeText: string;
  isBaseline: boolean;
  /** It stays in view whatever is filtered. */
  isPinned?: boolean;
  /** By model name. */
  trials: ReadonlyMap<string, TrialView>;
}

/** Rows in the order of the sweep. */
export function matrixRows(run: Pick<RunView, 'recipes' | 'trials'>): MatrixRow[] {
  return run.recipes.map((recipe) => {
    const trials = run.trials.filter((trial) => trial.recipe === recipe);
    return {
      recipe,
      recipeText: trials.find((trial) => trial.recipeText)?.recipeText ?? '',
      isBaseline: trials.length > 0 && trials.every((trial) => trial.isBaseline),
      trials: new Map(trials.map((trial) => [trial.model, trial])),
    };
  });
}

/** What the other trials of each network are compared with. */
export function baselines(run: Pick<RunView, 'trials'>): Map<string, TrialView> {
  return new Map(run.trials.filter((trial) => trial.isBaseline).map((trial) => [trial.model, trial]));
}

/** The trial that others are compared with, in words. */
export function referenceName(trial: TrialView | undefined): string {
  return trial && trial.recipeText !== '' ? trial.recipe : 'the baseline';
}

/** Every word must occur in the recipe's name or steps. */
export function matchesFilter(row: MatrixRow, filter: string): boolean {
  const text = `${row.recipe} ${row.recipeText}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
