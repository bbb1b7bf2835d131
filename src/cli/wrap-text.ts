/** Breaks between words at the width of the tables, 118 columns; lines after the first are indented. */
export function wrapText(line: string, indent = ''): string {
  const width = 118 - indent.length;
  const pattern = new RegExp(`(.{1,${width}})(?: |$)`, 'g');
  return line.replaceAll(pattern, `$1\n${indent}`).trimEnd();
}
