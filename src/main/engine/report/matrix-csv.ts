import { metrics } from '@shared/presenter/metrics';
import { csvText, type CsvCell } from '@shared/csv';
import type { Report } from './report-model';

/**
 * The matrix as the view shows it: a row a recipe, a column a network, metric and target, values in the unit of the head. Numbers stay
 * numbers; what was not measured is empty.
 */
export function matrixCsv({ presentation, models, rows, targets, view }: Report): string {
  const columns = targets.flatMap((target) =>
    models.flatMap((model) => view.metrics.map((metric) => ({ target, model, metric }))),
  );
  const heads = columns.map(({ target, model, metric }) => {
    const { title, unit } = metrics[metric];
    return [model, `${title} ${unit}`, ...(target === '' ? [] : [target])].join(', ');
  });
  const lines = rows.map((row): CsvCell[] => [
    row.recipe,
    row.recipeText,
    ...columns.map(({ target, model, metric }) => {
      const trial = row.trials.get(model);
      const value = trial && presentation.read(metric, trial, target)?.value;
      return value === undefined ? undefined : Number(value.toPrecision(12));
    }),
  ]);
  return csvText([['recipe', 'steps', ...heads], ...lines]);
}
