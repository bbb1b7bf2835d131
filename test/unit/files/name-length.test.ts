import { expect, it } from 'vitest';
import { withinBytes } from '../../../src/main/engine/files/name-length';

it.each([
  ['abc', 3, 'abc'],
  ['abc', 2, 'ab'],
  ['яяя', 5, 'яя'],
  ['a😀b', 4, 'a'],
  ['a😀b', 5, 'a😀'],
  ['', 5, ''],
])('of %j at most %i bytes are %j', (name, most, expected) => {
  expect(withinBytes(name, most)).toBe(expected);
});
