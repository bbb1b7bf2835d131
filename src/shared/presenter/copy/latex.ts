import { metricHead, type CopiedCell, type MatrixTable } from './matrix-table';

/** A tabular of LaTeX with the rules of booktabs, in a table that can be pasted into a paper as it is. */
export function matrixLatex({ corner, groups, metrics: shown, rows, notes }: MatrixTable): string {
  const width = shown.length;
  const heads = groups.map((group) => `\\multicolumn{${width}}{c}{${escaped(group)}}`);
  const rules = groups.map((_, at) => `\\cmidrule(lr){${2 + at * width}-${1 + (at + 1) * width}}`);
  // At the beginning of a line, a bracket or star would belong to the end of the line before.
  const line = (cells: readonly string[]): string => `    ${cells.join(' & ').replace(/^(?=[[*])/, '{}')} \\\\`;
  return [
    '% needs \\usepackage{booktabs,amssymb}',
    '\\begin{table}',
    '  \\centering\\small',
    `  \\begin{tabular}{l${'r'.repeat(groups.length * width)}}`,
    '    \\toprule',
    line(['', ...heads]),
    `    ${rules.join(' ')}`,
    line([escaped(corner), ...groups.flatMap(() => shown.map((id) => escaped(metricHead(id))))]),
    '    \\midrule',
    ...rows.map(({ name, cells }) => line([escaped(name), ...cells.flat().map(cellText)])),
    '    \\bottomrule',
    '  \\end{tabular}',
    `  \\caption{${notes.map(escaped).join(' ')}}`,
    '\\end{table}',
    '',
  ].join('\n');
}

const cellText = ({ value, change }: CopiedCell): string =>
  change === undefined
    ? escaped(value)
    : `\\begin{tabular}[t]{@{}r@{}}${escaped(value)}\\\\{\\scriptsize ${escaped(change)}}\\end{tabular}`;

/** Signs of text and mathematics that pdfLaTeX has no letter for in its usual fonts. */
const signs: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '×': '$\\times$',
  '−': '$-$',
  '±': '$\\pm$',
  '≈': '$\\approx$',
  '▲': '$\\blacktriangle$',
  '▼': '$\\blacktriangledown$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '·': '$\\cdot$',
  '—': '---',
  '–': '--',
  '…': '\\dots{}',
  '“': '``',
  '”': "''",
  '’': "'",
  '→': '$\\to$',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
};

/** Text in which nothing is a command: names come from files. */
export function escaped(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replace(/[\\~^×−±≈▲▼≤≥·—–…“”’→<>|]|[&%$#_{}]/g, (sign) => signs[sign] ?? `\\${sign}`);
}
