import { describe, expect, it } from 'vitest';
import type { RunSummary } from '@shared/run';
import {
  listRuns,
  matchesSearch,
  parseTags,
  usualRunListView,
  type RunListView,
} from '../../../src/renderer/runs/list-runs';
import { namesText, startedText } from '../../../src/renderer/runs/run-texts';
import { run as view } from '../matrix/trials';

const run = (id: string, changes: Partial<RunSummary> = {}): RunSummary => ({
  ...view([]),
  id,
  name: id,
  startedAt: `2026-01-0${id.length}T00:00:00Z`,
  ...changes,
});
const night = run('night', {
  name: 'Night 2',
  status: 'failed',
  models: ['mobilenetv2'],
  recipes: ['int8', 'halves'],
  techniques: ['quantize.static', 'fp16'],
  tags: ['paper', 'v2'],
  note: 'with the new images',
  elapsedMs: 9000,
  trialsDone: 4,
});
const day = run('day', { name: 'day 10', starred: true, models: ['resnet50'], elapsedMs: 100, trialsDone: 7 });

describe('search', () => {
  it.each([
    ['', true],
    ['  ', true],
    ['NIGHT', true],
    ['mobile', true],
    ['halves', true],
    ['quantize.static', true],
    ['failed int8', true],
    ['failed resnet', false],
    ['#paper', true],
    ['#int8', false],
    ['#pap new images', true],
    ['day', false],
  ])('"%s": %s', (words, expected) => expect(matchesSearch(night, words)).toBe(expected));
});

describe('the list', () => {
  const ids = (changes: Partial<RunListView>): string[] =>
    listRuns([day, night, run('other')], { ...usualRunListView, ...changes }).map(({ id }) => id);
  it.each<[Partial<RunListView>, string[]]>([
    [{}, ['other', 'night', 'day']],
    [{ descending: false }, ['day', 'other', 'night']],
    [{ starredOnly: true }, ['day']],
    [{ search: 'mobilenetv2' }, ['night']],
    [{ sort: 'name', descending: false }, ['day', 'night', 'other']],
    [{ sort: 'elapsed', descending: true }, ['night', 'day', 'other']],
    [{ sort: 'trials', descending: true }, ['day', 'night', 'other']],
  ])('%j', (changes, expected) => expect(ids(changes)).toEqual(expected));
});

it.each([
  ['', []],
  ['a, b ,a,, #c', ['a', 'b', 'c']],
  ['two words', ['two words']],
])('tags of "%s"', (text, tags) => expect(parseTags(text)).toEqual(tags));

it.each([
  [['a'], 'a'],
  [['a', 'b', 'c'], 'a, b, c'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
])('names %j', (names, text) => expect(namesText(names)).toBe(text));

it('tells the year only where it is another', () => {
  const at = '2026-03-04T12:00:00Z';
  expect(startedText(at, new Date('2026-12-01'))).not.toContain('2026');
  expect(startedText(at, new Date('2027-01-02'))).toContain('2026');
});
