import { expect, it } from 'vitest';
import { parseRunReference } from '../../../src/cli/compared-runs';

const folders = new Set(['out', 'a#b', '/data/night']);
const parse = (text: string): object => parseRunReference(text, (path) => folders.has(path));

it.each([
  ['latest', { run: 'latest' }],
  ['20261122-154210-9f3a', { run: '20261122-154210-9f3a' }],
  ['out', { folder: 'out', run: 'latest' }],
  ['out#2026', { folder: 'out', run: '2026' }],
  ['out#', { folder: 'out', run: 'latest' }],
  ['a#b', { folder: 'a#b', run: 'latest' }],
  ['a#b#2026', { folder: 'a#b', run: '2026' }],
  ['/data/night', { folder: '/data/night', run: 'latest' }],
])('%s', (text, expected) => expect(parse(text)).toEqual(expected));

it.each(['nowhere/out', 'nowhere#2026'])('%s holds no results', (text) =>
  expect(() => parse(text)).toThrow('no results'),
);
