import { expect, it } from 'vitest';
import { htmlReport } from '../../../src/main/engine/report/html';
import { markdownReport } from '../../../src/main/engine/report/markdown';
import { publishedTable } from '../../../src/main/engine/report/published-table';
import { reportOf } from '../../../src/main/engine/report/report-model';
import { run, trial } from '../matrix/trials';

const published = [
  { top1Drop: 0.5, source: { title: 'A table', url: 'https://example.org/table' }, differs: 'Other images there' },
];
const int8 = { ...trial({ recipe: 'int8' }, { top1Delta: -0.4 }), published } as Parameters<
  typeof publishedTable
>[0][0];

it('has what others measured beside what was measured here', () => {
  const { heads, rows, numbers } = publishedTable([int8]);
  expect(rows).toEqual([
    ['int8', expect.stringContaining('0.4'), expect.stringContaining('0.5'), 'Other images there', expect.any(String)],
  ]);
  expect(numbers!.map((column) => heads[column])).toEqual(['measured, points', 'published, points']);
});

it('is told once in a report, on the page of its network', () => {
  const report = reportOf(run([trial({ recipe: 'baseline', isBaseline: true }), int8]));
  for (const text of [htmlReport(report), markdownReport(report)])
    expect(text.match(/Other images there/g)).toHaveLength(1);
});
