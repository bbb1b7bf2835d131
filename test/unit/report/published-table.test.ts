import { expect, it } from 'vitest';
import { publishedTable } from '../../../src/main/engine/report/published-table';
import { trial } from '../matrix/trials';

it('names the network where there are several', () => {
  const published = [
    { top1Drop: 0.5, source: { title: 'A table', url: 'https://example.org/table' }, differs: 'Other images' },
  ];
  const one = { ...trial({ recipe: 'int8' }, { top1Delta: -0.4 }), published } as Parameters<
    typeof publishedTable
  >[0][0];
  const [all, own] = [publishedTable([one]), publishedTable([one], { ofOneNetwork: true })];
  expect(all.heads).toHaveLength(all.rows[0]!.length);
  expect(own.heads).toHaveLength(own.rows[0]!.length);
  expect([all.heads[0], own.heads[0], own.rows[0]![0]]).toEqual(['network', 'recipe', 'int8']);
  expect(all.numbers!.map((column) => all.heads[column])).toEqual(own.numbers!.map((column) => own.heads[column]));
});
