/** A cell of the grid: row 0 is the header, column 0 the recipe names. */
export interface GridPosition {
  row: number;
  column: number;
}

export interface GridSize {
  rows: number;
  columns: number;
}

const pageRows = 10;

/** Where a key leads, kept inside the grid; undefined when the key does not navigate (WAI-ARIA grid pattern). */
export function navigate(
  from: GridPosition,
  key: string,
  withControl: boolean,
  size: GridSize,
): GridPosition | undefined {
  const lastRow = size.rows - 1;
  const lastColumn = size.columns - 1;
  const moves: Record<string, GridPosition> = {
    ArrowUp: { row: withControl ? 0 : from.row - 1, column: from.column },
    ArrowDown: { row: withControl ? lastRow : from.row + 1, column: from.column },
    ArrowLeft: { row: from.row, column: withControl ? 0 : from.column - 1 },
    ArrowRight: { row: from.row, column: withControl ? lastColumn : from.column + 1 },
    Home: { row: withControl ? 0 : from.row, column: 0 },
    End: { row: withControl ? lastRow : from.row, column: lastColumn },
    PageUp: { row: from.row - pageRows, column: from.column },
    PageDown: { row: from.row + pageRows, column: from.column },
  };
  const to = Object.hasOwn(moves, key) ? moves[key] : undefined;
  return to && clampPosition(to, size);
}

export function clampPosition(position: GridPosition, size: GridSize): GridPosition {
  return {
    row: Math.max(0, Math.min(size.rows - 1, position.row)),
    column: Math.max(0, Math.min(size.columns - 1, position.column)),
  };
}
