import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixCsv } from '@shared/presenter/copy/csv';
import { escaped, matrixLatex } from '@shared/presenter/copy/latex';
import { matrixMarkdown } from '@shared/presenter/copy/markdown';
import type { MatrixTable } from '@shared/presenter/copy/matrix-table';

const table: MatrixTable = {
  corner: 'Recipe',
  groups: ['net_1', 'net|2'],
  metrics: ['size', 'top1'],
  rows: [
    {
      name: 'baseline',
      steps: '',
      cells: [
        [{ value: '13.97', change: 'baseline' }, { value: '79.7 [77.1, 82.1]' }],
        [{ value: '–' }, { value: '–' }],
      ],
    },
    {
      name: '[b] 100% <x> & $ #1',
      steps: 'prune.magnitude{amount:0.5} | quantize.static',
      cells: [
        [
          { value: '3.84', change: '▲ ×0.27' },
          { value: '80.1', change: '≈ no clear difference' },
        ],
        [{ value: '1', change: '▼ −1.0 [−2.0, −0.1]' }, { value: '2' }],
      ],
    },
  ],
  notes: ['A run: images, 1,000 images.', '▲ clear gain.'],
};

describe('the matrix as Markdown', () => {
  const lines = matrixMarkdown(table).split('\n');
  it('is one table whose rows have as many columns as its header', () => {
    // A bar that is escaped ends no column.
    const columns = lines.slice(0, 4).map((line) => line.split(/(?<!\\)\|/).length - 2);
    expect(columns).toEqual([5, 5, 5, 5]);
    expect(lines[0]).toBe('| Recipe | net\\_1: Size, MB | net\\_1: Top-1, % | net\\|2: Size, MB | net\\|2: Top-1, % |');
    expect(lines[1]).toBe('| --- | ---: | ---: | ---: | ---: |');
    expect(lines[2]).toContain('13.97<br>baseline');
  });
  it('shows names as text and steps as code', () => {
    expect(lines[3]).toContain(
      '| \\[b\\] 100% \\<x\\> & $ \\#1<br>`prune.magnitude{amount:0.5} \\| quantize.static` |',
    );
    expect(lines.slice(5).join('\n')).toBe('A run: images, 1,000 images.\n\n▲ clear gain.\n');
  });
});

describe('the matrix as CSV', () => {
  it('has a column for each figure and for its change', () => {
    const [header, first, second, end] = matrixCsv(table).split('\r\n');
    expect(header).toContain('Recipe,Steps,"net_1: Size, MB","net_1: Size, MB, change"');
    expect(first).toBe('baseline,,13.97,baseline,"79.7 [77.1, 82.1]",,–,,–,');
    expect(second).toContain('[b] 100% <x> & $ #1,prune.magnitude{amount:0.5} | quantize.static,3.84,▲ ×0.27');
    expect(end).toBe('');
  });
});

describe('the matrix as LaTeX', () => {
  const text = matrixLatex(table);
  it('is a table with as many columns as it declares, and every environment closed', () => {
    expect(text).toContain('\\begin{tabular}{lrrrr}');
    expect(text).toContain(' & \\multicolumn{2}{c}{net\\_1} & \\multicolumn{2}{c}{net\\textbar{}2} \\\\');
    expect(text).toContain('\\cmidrule(lr){2-3} \\cmidrule(lr){4-5}');
    const rows = text.split('\n').filter((line) => line.endsWith('\\\\') && !line.includes('multicolumn'));
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.split(/(?<!\\)&/)).toHaveLength(5);
    for (const name of ['table', 'tabular']) {
      const count = (word: string): number => text.split(`\\${word}{${name}}`).length - 1;
      expect(count('begin')).toBe(count('end'));
    }
  });
  it('begins no line with a bracket, which would belong to the line before', () => {
    expect(text).toContain('    {}[b] 100\\% \\textless{}x\\textgreater{} \\& \\$ \\#1 & ');
  });
  it('sets signs that pdfLaTeX has no letters for as mathematics', () => {
    expect(text).toContain('{\\scriptsize $\\blacktriangle$ $\\times$0.27}');
    expect(text).toContain('$-$1.0 [$-$2.0, $-$0.1]');
    expect(text).toMatch(/^% needs \\usepackage\{booktabs,amssymb\}$/m);
  });
  it('leaves nothing in a text that is a command, whatever a name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\\{}$&#_%^~<>|"ab \n') }), (name) => {
        const safe = escaped(name).replaceAll(
          /\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}|\\[&%$#_{}]/g,
          '',
        );
        expect(safe).not.toMatch(/[\\{}$&#_%^~<>|\n]/);
      }),
    );
  });
});
