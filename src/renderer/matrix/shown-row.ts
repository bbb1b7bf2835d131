import type { BudgetJudgements } from '@shared/presenter/best-in-budget';
import { judgementText } from '@shared/presenter/budget-text';
import type { BudgetVerdict } from '@shared/presenter/judge-budget';
import type { MetricId } from '@shared/presenter/metrics';
import type { RunPresentation } from '@shared/presenter/reading';
import type { MatrixRow } from '@shared/presenter/rows';
import { trialCells, type Cell } from './cell';
import type { recipeLabels } from './recipe-label';

/** The cells of one network in a row. */
export interface CellGroup {
  model: string;
  /** The trial's id; absent where the run has none. */
  trial?: string | undefined;
  starred: boolean;
  cells: Cell[];
  /** What the trial is to the budget, where one is set. */
  budget?: { verdict: BudgetVerdict; text: string };
  /** What it is to the others of its network, where the row as a whole is nothing of the kind. */
  role?: string | undefined;
}

/** What the row is whose numbers the others are compared with. */
export function roleOf({ isBaseline, recipeText }: Pick<ShownRow, 'isBaseline' | 'recipeText'>): string | undefined {
  if (!isBaseline) return undefined;
  return recipeText === '' ? 'baseline' : 'reference';
}

/** One row as it is drawn: plain data, so that a row that stays the same is not drawn again. */
export interface ShownRow {
  recipe: string;
  recipeText: string;
  /** The steps, what tells them from other recipes first. */
  differs: string;
  rest: string;
  isBaseline: boolean;
  isPinned: boolean;
  /** Turned round: the row is a network, and its groups are recipes. */
  isNetwork?: boolean;
  groups: CellGroup[];
}

export function shownRow(
  { recipe, recipeText, isBaseline, isPinned = false, trials }: MatrixRow,
  labels: ReturnType<typeof recipeLabels>,
  presentation: Pick<RunPresentation, 'read' | 'baselineOf' | 'lacking'>,
  view: {
    models: readonly string[];
    metrics: readonly MetricId[];
    target: string;
    judgements?: Pick<BudgetJudgements, 'of'> | undefined;
  },
): ShownRow {
  const { differs, rest } = labels.get(recipeText) ?? { differs: '', rest: recipeText };
  const groups = view.models.map((model): CellGroup => {
    const trial = trials.get(model);
    const cells = trialCells(trial, view.metrics, presentation, view.target);
    const group = { model, trial: trial?.id, starred: trial?.starred === true, cells };
    const judgement = trial && !trial.isBaseline ? view.judgements?.of(trial.id) : undefined;
    return judgement ? { ...group, budget: { verdict: judgement.verdict, text: judgementText(judgement) } } : group;
  });
  return { recipe, recipeText, differs, rest, isBaseline, isPinned, groups };
}
