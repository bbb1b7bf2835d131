import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FormField } from '../../../src/renderer/sweep/form-fields';
import { isSeveral, toggledSeveral } from '../../../src/renderer/sweep/param-range';
import { numbersFrom, rangeProblem, rangeText } from '../../../src/renderer/sweep/range-text';

describe('several numbers as people type them', () => {
  it.each([
    ['0.9, 0.8, 0.7', [0.9, 0.8, 0.7]],
    ['0,9; 0,8', [0.9, 0.8]],
    ['4', [4]],
    ['', []],
    ['0.3 to 0.9 step 0.1', { from: 0.3, to: 0.9, step: 0.1 }],
    ['0.3 .. 0.9 by 0.1', { from: 0.3, to: 0.9, step: 0.1 }],
    ['1 to 9 in steps of 2', { from: 1, to: 9, step: 2 }],
    ['-3 TO 3 STEP 1', { from: -3, to: 3, step: 1 }],
    ['0.9, x', [0.9, NaN]],
    ['0.3 to 0.9', [NaN]],
  ])('%s', (text, expected) => {
    expect(numbersFrom(text)).toEqual(expected);
  });

  it.each([
    ['0.9, x', /^Numbers with commas/],
    ['0.3 to 0.9', /^Numbers with commas/],
    ['1 to b step 1', /^Numbers with commas/],
    ['', /^Give the values/],
    ['0.9', undefined],
    ['1 to 2 step 1', undefined],
  ])('says what is wrong with %j', (text, problem) => {
    if (problem) expect(rangeProblem(numbersFrom(text))).toMatch(problem);
    else expect(rangeProblem(numbersFrom(text))).toBeUndefined();
  });

  it('are written as they are read', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const span = fc.record({ from: number, to: number, step: number });
    const list = fc.array(number, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.oneof(list, span), (value) => {
        expect(numbersFrom(rangeText(value)!)).toEqual(value);
      }),
    );
  });

  it('are told from one value', () => {
    expect([0.5, 'word', true, undefined, null].map(rangeText)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(rangeText(['min-max', 'mse'])).toBe('min-max, mse');
  });
});

describe('a field that takes several values', () => {
  const field = (kind: FormField['kind']): FormField => ({
    kind,
    name: 'x',
    label: 'X',
    range: {},
    step: 1,
    options: [],
  });

  it.each<[FormField['kind'], unknown, boolean]>([
    ['number', 0.5, false],
    ['number', [0.5], true],
    ['number', { from: 1, to: 2, step: 1 }, true],
    ['choice', 'a', false],
    ['choice', ['a'], true],
    ['switch', [true, false], true],
    ['text', ['a'], false],
    ['texts', ['a'], false],
    ['texts', [['a'], []], true],
  ])('%s of %j: %s', (kind, value, expected) => {
    expect(isSeveral(field(kind), value)).toBe(expected);
  });

  it('goes from one value to several and back', () => {
    const number = field('number');
    expect(toggledSeveral(number, 0.5)).toEqual([0.5]);
    expect(toggledSeveral(number, undefined)).toEqual([]);
    expect(toggledSeveral(number, [0.5, 0.6])).toBe(0.5);
    expect(toggledSeveral(number, { from: 0.3, to: 1, step: 0.1 })).toBe(0.3);
  });
});
