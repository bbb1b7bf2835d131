/** Breaks between words at so many columns, usually the width of the tables; lines after the first are indented. */
export function wrapText(line: string, indent = '', columns = 118): string {
  const width = columns - indent.length;
  const pattern = new RegExp(`(.{1,${width}})(?: |$)`, 'g');
  return line.replaceAll(pattern, `$1\n${indent}`).trimEnd();
}
