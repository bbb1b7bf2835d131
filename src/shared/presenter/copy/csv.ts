import { csvText } from '../../csv';
import { metricHead, type MatrixTable } from './matrix-table';

/** The matrix as it is shown, as CSV: a column for each figure and one for its change. The numbers in full are in the export of the run. */
export function matrixCsv({ corner, groups, metrics: shown, rows }: MatrixTable): string {
  const heads = groups.flatMap((group) =>
    shown.flatMap((id) => [`${group}: ${metricHead(id)}`, `${group}: ${metricHead(id)}, change`]),
  );
  return csvText([
    [corner, 'Steps', ...heads],
    ...rows.map(({ name, steps, cells }) => [
      name,
      steps,
      ...cells.flat().flatMap(({ value, change }) => [value, change]),
    ]),
  ]);
}
