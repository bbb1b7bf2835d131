import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  latencyVerdictText,
  verdictOfDelta,
  verdictOfRatio,
  verdictOfSize,
  verdictText,
  type Better,
  type Verdict,
} from '@shared/verdict';

describe('verdictOfDelta', () => {
  it.each<[[number, number], Better, Verdict]>([
    [[0.3, 2.1], 'higher', 'gain'],
    [[0.3, 2.1], 'lower', 'loss'],
    [[-2.1, -0.3], 'higher', 'loss'],
    [[-2.1, -0.3], 'lower', 'gain'],
    [[-0.3, 2.1], 'higher', 'unclear'],
    [[0, 2.1], 'higher', 'unclear'],
    [[-2.1, 0], 'higher', 'unclear'],
    [[0, 0], 'lower', 'unclear'],
    [[Number.NaN, 1], 'higher', 'unclear'],
  ])('%j, %s is better -> %s', (interval, better, verdict) => expect(verdictOfDelta(interval, better)).toBe(verdict));
});

describe('verdictOfRatio', () => {
  it.each<[[number, number], Better, Verdict]>([
    [[0.57, 0.61], 'lower', 'gain'],
    [[1.02, 1.1], 'lower', 'loss'],
    [[0.97, 1.04], 'lower', 'unclear'],
    [[1, 1], 'lower', 'unclear'],
    [[0.27, 0.27], 'lower', 'gain'],
  ])('%j, %s is better -> %s', (interval, better, verdict) => expect(verdictOfRatio(interval, better)).toBe(verdict));

  it('agrees with the verdict on the logarithm of the ratio', () => {
    const end = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(end, end, fc.constantFrom<Better>('lower', 'higher'), (a, b, better) => {
        const interval: [number, number] = [Math.min(a, b), Math.max(a, b)];
        expect(verdictOfRatio(interval, better)).toBe(
          verdictOfDelta([Math.log(interval[0]), Math.log(interval[1])], better),
        );
      }),
    );
  });
});

it.each([
  [250, 1000, 'gain'],
  [1000, 1000, 'unclear'],
  [996, 1000, 'unclear'],
  [1004, 1000, 'unclear'],
  [994, 1000, 'gain'],
  [1100, 1000, 'loss'],
] as const)('a file of %d bytes against %d -> %s', (size, baseline, verdict) =>
  expect(verdictOfSize(size, baseline)).toBe(verdict),
);

it.each([
  ['unclear', 'gain', 'size only'],
  ['loss', 'gain', 'size only, slower'],
  ['gain', 'gain', 'clear gain'],
  ['unclear', 'unclear', 'no clear difference'],
  ['unclear', 'loss', 'no clear difference'],
  ['loss', 'unclear', 'clear loss'],
  ['unclear', undefined, 'no clear difference'],
] as const)('latency %s, size %s -> %s', (time, size, words) => expect(latencyVerdictText(time, size)).toBe(words));

it('says it in the words of the design', () => {
  expect((['gain', 'loss', 'unclear'] as const).map(verdictText)).toEqual([
    'clear gain',
    'clear loss',
    'no clear difference',
  ]);
});
