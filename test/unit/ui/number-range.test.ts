import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  isInside,
  numberFrom,
  numberProblem,
  rangeText,
  stepped,
} from '../../../src/renderer/components/ui/number-range';

const share = { minimum: 0.1, maximum: 1 };
const threads = { minimum: 1, maximum: 256, whole: true };

describe('what a field says', () => {
  it.each([
    // Typed into "MACs to keep", 7 became 1: everything was kept.
    ['7', share, '7 is outside the range: 0.1 to 1.'],
    ['0.05', share, '0.05 is outside the range: 0.1 to 1.'],
    ['0', { above: 0, maximum: 1 }, '0 is outside the range: more than 0, up to 1.'],
    ['1', { minimum: 0, below: 1 }, '1 is outside the range: 0 or more, less than 1.'],
    ['2.5', threads, '2.5 is not a whole number: whole, 1 to 256.'],
    ['300', threads, '300 is outside the range: whole, 1 to 256.'],
    ['', threads, 'Give a number: whole, 1 to 256.'],
    ['1.2.3', share, '"1.2.3" is not a number: 0.1 to 1.'],
    ['-', {}, '"-" is not a number.'],
    ['Infinity', {}, '"Infinity" is not a number.'],
  ])('of %j', (text, range, sentence) => {
    expect(numberProblem(text, range)).toBe(sentence);
  });

  it.each([
    ['0.1', share],
    ['0,5', share],
    ['1', share],
    ['.5', share],
    ['5.', { minimum: 5 }],
    ['1e-3', { above: 0 }],
    ['256', threads],
    ['', { ...share, optional: true }],
    ['-17', {}],
  ])('nothing of %j', (text, range) => {
    expect(numberProblem(text, range)).toBeUndefined();
  });
});

it.each([
  [share, '0.1 to 1'],
  [threads, 'whole, 1 to 256'],
  [{ minimum: 0 }, '0 or more'],
  [{ maximum: 3 }, '3 or less'],
  [{ above: 0, below: 1 }, 'more than 0, less than 1'],
  [{ whole: true }, 'whole'],
  [{}, ''],
])('the range %j reads %j', (range, text) => {
  expect(rangeText(range)).toBe(text);
});

describe('a step', () => {
  const range = fc.record({ minimum: fc.integer({ min: -50, max: 0 }), maximum: fc.integer({ min: 1, max: 50 }) });

  it('from within the range never leaves it', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: -50, max: 50 }), fc.integer({ min: -20, max: 20 }), (bounds, from, by) => {
        fc.pre(isInside(from, bounds));
        expect(isInside(stepped(from, by, bounds), bounds)).toBe(true);
      }),
    );
  });

  it.each([
    [0.1, 0.1, share, 0.2],
    [0.7, 0.1, share, 0.8],
    [1, 0.1, share, 1],
    [7, -0.1, share, 1],
    [0.1, -0.1, { above: 0, maximum: 1 }, 0.1],
    [undefined, 1, threads, 2],
    [NaN, 1, threads, 2],
  ])('from %j by %j', (from, by, bounds, to) => {
    expect(stepped(from, by, bounds)).toBe(to);
  });
});

it('numbers read back as they were written', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      // "-0" is not written.
      expect(numberFrom(String(value))).toBe(value + 0);
    }),
  );
});
