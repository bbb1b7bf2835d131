import { expect } from 'vitest';

/** RFC 4180, written from the standard and not from the exporter. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  while (position < text.length) {
    let cell = '';
    if (text[position] === '"') {
      position++;
      for (;;) {
        if (position >= text.length) throw new Error('a quoted cell is never closed');
        if (text[position] !== '"') cell += text[position++];
        else if (text[position + 1] === '"') {
          cell += '"';
          position += 2;
        } else break;
      }
      position++;
    } else {
      while (position < text.length && !',\r\n'.includes(text[position]!)) cell += text[position++];
    }
    row.push(cell);
    if (text[position] === ',') position++;
    else if (text.startsWith('\r\n', position)) {
      position += 2;
      rows.push(row);
      row = [];
    } else throw new Error(`unexpected text after a cell at ${position}`);
  }
  return rows;
}

/** Rows by their heads; every row must have as many cells. */
export const asRecords = (text: string): Record<string, string>[] => {
  const [header, ...rows] = parseCsv(text);
  return rows.map((cells) => {
    expect(cells).toHaveLength(header!.length);
    return Object.fromEntries(header!.map((name, index) => [name, cells[index]!]));
  });
};
