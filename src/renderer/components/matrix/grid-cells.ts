import type { GridPosition } from '../../matrix/grid-navigation';

/**
 * Where an element stands in its grid. Cells know their column (`aria-colindex`, from 1), as not all of a row are drawn; their row is
 * where the document has it. Undefined outside of such cells.
 */
export function positionOf(element: Element): GridPosition | undefined {
  const cell = element.closest<HTMLTableCellElement>('[aria-colindex]');
  const row = cell?.closest('tr');
  if (!cell || !row) return undefined;
  return { row: row.closest('tbody') ? row.sectionRowIndex + 1 : 0, column: Number(cell.ariaColIndex) - 1 };
}

/** The cell at a position, where it is drawn. */
export function cellIn(grid: HTMLTableElement, { row, column }: GridPosition): HTMLElement | null {
  const part = row === 0 ? grid.tHead : grid.tBodies[0]?.rows[row - 1];
  return part?.querySelector<HTMLElement>(`[aria-colindex="${column + 1}"]`) ?? null;
}
