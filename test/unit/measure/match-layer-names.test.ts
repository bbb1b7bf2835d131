import { expect, it } from 'vitest';
import { matchByName } from '../../../src/main/engine/measure/layers/match-layer-names';
import { layer } from '../layers';

const named = (...names: string[]) => names.map((name) => ({ name, facts: layer() }));

it.each([
  { before: ['a', 'b', 'c'], after: ['a', 'b', 'c'], expected: ['a', 'b', 'c'], why: 'the same layers' },
  { before: ['a', 'b', 'c'], after: ['a', 'c'], expected: ['a', 'b-', 'c'], why: 'one is gone' },
  {
    before: ['a', 'b', 'c'],
    after: ['a', 'b/1', 'b/2', 'c'],
    expected: ['a', 'b/1+', 'b/2+', 'b-', 'c'],
    why: 'one became two',
  },
  { before: ['a', 'b'], after: ['x', 'a', 'b', 'y'], expected: ['x+', 'a', 'b', 'y+'], why: 'new ones at both ends' },
  { before: ['a', 'b'], after: [], expected: ['a-', 'b-'], why: 'all are gone' },
])('$before against $after: $why', ({ before, after, expected }) => {
  const rows = matchByName(named(...before), named(...after));
  expect(rows.map((row) => `${row.name}${row.before ? '' : '+'}${row.after ? '' : '-'}`)).toEqual(expected);
});
