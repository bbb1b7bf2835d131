import { formatNumber } from '@shared/format';
import { copiedCell, type CopiedCell, type MatrixTable } from '@shared/presenter/copy/matrix-table';
import { timesRule, verdictKey, verdictRule } from '@shared/presenter/legend';
import type { MetricId } from '@shared/presenter/metrics';
import type { RunPresentation } from '@shared/presenter/reading';
import type { Cell } from './cell';
import { roleOf, type ShownRow } from './shown-row';

/** The rows that the window shows as a table that can leave it, with the same words and digits. */
export function copiedTable(
  rows: readonly ShownRow[],
  groups: readonly string[],
  { presentation, metrics, target }: { presentation: RunPresentation; metrics: readonly MetricId[]; target: string },
): MatrixTable {
  const { name, manifest } = presentation.run;
  const { dataset, machine } = manifest;
  const key = verdictKey(presentation).map(({ sign, words }) => `${sign} ${words}`);
  return {
    corner: rows.some(({ isNetwork }) => isNetwork) ? 'Model' : 'Recipe',
    groups: [...groups],
    metrics,
    rows: rows.map((row) => ({
      name: row.recipe,
      steps: row.recipeText,
      cells: row.groups.map((group) => group.cells.map((cell) => textOf(cell, group.role ?? roleOf(row)))),
    })),
    notes: [
      `${name}: ${dataset.name}, ${formatNumber(dataset.eval)} images; ${machine.cpu}, ${target}.`,
      `${key.join(', ')}.`,
      verdictRule(presentation),
      timesRule,
    ],
  };
}

function textOf({ reading, label, state }: Cell, role: string | undefined): CopiedCell {
  if (!reading) return { value: label || (state === 'waiting' || state === 'running' ? '…' : '–') };
  const cell = copiedCell(reading);
  return cell.change === undefined && role !== undefined ? { ...cell, change: role } : cell;
}
