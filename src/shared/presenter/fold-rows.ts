import type { BudgetJudgements } from './best-in-budget';
import type { MatrixRow } from './rows';

/** Rows to a budget: what the others are compared with, and whatever may pass on one of the networks shown, stays; the rest is folded. */
export function foldRows(
  rows: readonly MatrixRow[],
  judgements: Pick<BudgetJudgements, 'of'>,
  models: readonly string[],
): { kept: MatrixRow[]; folded: MatrixRow[] } {
  const stays = ({ isBaseline, trials }: MatrixRow): boolean =>
    isBaseline ||
    models.some((model) => {
      const trial = trials.get(model);
      return trial !== undefined && judgements.of(trial.id)?.verdict !== 'fails';
    });
  return { kept: rows.filter(stays), folded: rows.filter((row) => !stays(row)) };
}
