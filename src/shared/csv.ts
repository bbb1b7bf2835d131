export type CsvCell = string | number | boolean | undefined;

/** Rows as CSV of RFC 4180; undefined is an empty cell. */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

function quote(cell: CsvCell): string {
  let text = cell === undefined ? '' : String(cell);
  // Spreadsheets run cells that begin like a formula; names come from files, so they are shown as text.
  if (typeof cell === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
