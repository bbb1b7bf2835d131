import { expect, it } from 'vitest';
import { aloneText } from '../../../src/renderer/compare/alone-text';

it.each([
  [[], ''],
  [['a/int8'], 'int8 (a)'],
  [['a/int8', 'a/half/two', 'b/int8', 'b/half/two', 'c/int8'], 'int8, half/two (a, b); int8 (c)'],
])('%j stand alone as "%s"', (ids, text) => expect(aloneText(ids)).toBe(text));
