export type Cell = string | number | boolean | undefined;

/** Lines of cells as RFC 4180 has them: commas, CRLF, quotes where they are needed. Undefined is an empty cell. */
export function csvText(lines: readonly (readonly Cell[])[]): string {
  return lines.map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

function quote(cell: Cell): string {
  let text = cell === undefined ? '' : String(cell);
  // Spreadsheets run cells that begin like a formula; names come from files, so they are shown as text.
  if (typeof cell === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
