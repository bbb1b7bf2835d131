import { metricHead, type CopiedCell, type MatrixTable } from './matrix-table';

/** A table of GitHub-flavoured Markdown: one header row, numbers to the right, notes below. */
export function matrixMarkdown({ corner, groups, metrics: shown, rows, notes }: MatrixTable): string {
  const heads = groups.flatMap((group) => shown.map((id) => `${escaped(group)}: ${metricHead(id)}`));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const steps = (text: string): string =>
    text === '' ? '' : `<br>\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
  return [
    line([corner, ...heads]),
    line(['---', ...heads.map(() => '---:')]),
    ...rows.map(({ name, steps: text, cells }) =>
      line([`${escaped(name)}${steps(text)}`, ...cells.flat().map(cellText)]),
    ),
    '',
    ...notes.map((note) => `${escaped(note)}\n`),
  ].join('\n');
}

const cellText = ({ value, change }: CopiedCell): string =>
  [value, change]
    .filter((text) => text !== undefined)
    .map(escaped)
    .join('<br>');

/** Names come from files: none may open a link, a tag or another column. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|~#]/g, '\\$&').replaceAll(/\s+/g, ' ');
