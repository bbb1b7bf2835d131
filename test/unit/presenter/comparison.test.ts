import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comparePoints,
  compareRatio,
  compareExact,
  controlRatio,
  formatP,
  type Comparison,
} from '@shared/presenter/comparison';
import type { Verdict } from '@shared/presenter/verdict';
import { zoneOfTime, zoneOfTop1, type Zone } from '@shared/presenter/zone';

const timeZone = zoneOfTime({ time: 0.01, top1: 0 });
const ratio = (value: number, interval: [number, number], adjustedP?: number, among = 210): Comparison =>
  compareRatio({ value, interval, adjustedP, among }, timeZone);

describe('compareRatio', () => {
  it.each<[string, number, [number, number], number | undefined, Verdict, string, string, string]>([
    ['the loss that was none', 1.0, [1.0, 1.01], 0.001, 'same', 'within 1 %', '×1.00', '[1.00, 1.01]'],
    ['a gain', 0.59, [0.571, 0.612], 0.001, 'gain', 'clear gain', '×0.59', '[0.57, 0.61]'],
    ['a loss just outside', 1.015, [1.0102, 1.02], 0.01, 'loss', 'clear loss', '×1.0150', '[1.0102, 1.0200]'],
    ['noise', 1.0, [0.97, 1.04], 1, 'unclear', 'no clear difference', '×1.00', '[0.97, 1.04]'],
    ['an end that touches', 1.02, [1.01, 1.03], 0.001, 'unclear', 'no clear difference', '×1.02', '[1.01, 1.03]'],
    ['one of many', 1.05, [1.02, 1.08], 0.12, 'unclear', 'not clear among 210', '×1.05', '[1.02, 1.08] q 0.12'],
    [
      'without sessions: the interval alone',
      0.9,
      [0.85, 0.95],
      undefined,
      'gain',
      'clear gain',
      '×0.90',
      '[0.85, 0.95]',
    ],
    ['just inside', 1, [0.9904, 1.0096], 1, 'same', 'within 1 %', '×1.0000', '[0.9904, 1.0096]'],
  ])('%s', (_, value, interval, q, verdict, words, text, printed) =>
    expect(ratio(value, interval, q)).toMatchObject({ verdict, words, text, interval: printed }),
  );

  it('without a zone, an end that touches 1 is not clear', () => {
    const zone = zoneOfTime({ time: 0, top1: 0 });
    const of = (interval: [number, number]): string =>
      compareRatio({ value: interval[1], interval, adjustedP: 0, among: 2 }, zone).verdict;
    expect([of([1, 1.2]), of([1.001, 1.2]), of([1, 1]), of([0.8, 0.99])]).toEqual(['unclear', 'loss', 'same', 'gain']);
  });

  it('alone it is a p-value, not one among many', () => {
    expect(ratio(1.05, [1.02, 1.08], 0.12, 1)).toMatchObject({
      words: 'no clear difference',
      interval: '[1.02, 1.08] p 0.12',
    });
  });
});

describe('comparePoints', () => {
  const points = (value: number, interval: [number, number], q: number, top1 = 0): Comparison =>
    comparePoints({ value, interval, adjustedP: q, among: 60 }, zoneOfTop1({ time: 0, top1 }), 1000);
  it.each<[Comparison, Partial<Comparison>]>([
    [points(-0.4, [-1.4, 0.6], 0.5), { verdict: 'unclear', text: '−0.4', interval: '[−1.4, +0.6]' }],
    [points(0.62, [0.04, 1.2], 0.01), { verdict: 'gain', text: '+0.62', interval: '[+0.04, +1.20]' }],
    [points(-3, [-4, -2], 0.001), { verdict: 'loss', words: 'clear loss' }],
    [points(-3, [-4, -2], 0.2), { verdict: 'unclear', interval: '[−4.0, −2.0] q 0.20' }],
    [points(0.1, [-0.3, 0.4], 1, 0.5), { verdict: 'same', words: 'within 0.5 points' }],
  ])('%#', (found, expected) => expect(found).toMatchObject(expected));
});

describe('digits and verdicts agree, whatever the numbers', () => {
  const numbersOf = (text: string): number[] =>
    (text.replaceAll('−', '-').match(/[-+]?[\d,]*\.?\d+/g) ?? []).map(Number);
  const looksClear = (interval: string, zone: Zone): 'below' | 'above' | undefined => {
    const [low = NaN, high = NaN] = numbersOf(interval.replaceAll(/(\d),(?=\d)/g, '$1'));
    return low > zone[1] ? 'above' : high < zone[0] ? 'below' : undefined;
  };
  const check = ({ verdict, interval, text }: Comparison, zone: Zone, up: Verdict): void => {
    const clear = looksClear(interval!, zone);
    if (verdict === 'gain' || verdict === 'loss') {
      expect(clear).toBe(verdict === up ? 'above' : 'below');
      const [shown] = numbersOf(text);
      expect(shown! > zone[1] || shown! < zone[0]).toBe(true);
    } else if (!interval!.includes(' q ')) expect(clear).toBeUndefined();
    if (verdict === 'same') for (const end of numbersOf(interval!)) expect(end >= zone[0] && end <= zone[1]).toBe(true);
  };
  const near = fc.oneof(
    fc.double({ min: 0.98, max: 1.02, noNaN: true }),
    fc.double({ min: 0.1, max: 30, noNaN: true }),
    fc.constantFrom(1, 1.01, 1 / 1.01, 0.99, 1.005, 0.995),
  );
  const q = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
  const margin = fc.constantFrom(0, 0.005, 0.01, 0.013, 0.05);

  it('of ratios', () => {
    fc.assert(
      fc.property(near, near, fc.double({ min: 0, max: 1, noNaN: true }), q, margin, (a, b, at, adjustedP, time) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const zone = zoneOfTime({ time, top1: 0 });
        const value = low + at * (high - low);
        check(compareRatio({ value, interval: [low, high], adjustedP, among: 9 }, zone), zone, 'loss');
      }),
      { numRuns: 1000 },
    );
  });

  it('of points', () => {
    const end = fc.oneof(
      fc.double({ min: -0.2, max: 0.2, noNaN: true }),
      fc.double({ min: -90, max: 90, noNaN: true }),
    );
    fc.assert(
      fc.property(
        end,
        end,
        q,
        fc.constantFrom(0, 0.05, 0.5),
        fc.constantFrom(200, 5000),
        (a, b, adjustedP, top1, n) => {
          const interval: [number, number] = [Math.min(a, b), Math.max(a, b)];
          const zone = zoneOfTop1({ time: 0, top1 });
          const value = (a + b) / 2;
          check(comparePoints({ value, interval, adjustedP, among: 9 }, zone, n), zone, 'gain');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('of sizes: coloured never reads ×1.00, and what reads ×1.00 is not coloured', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2e6 }), fc.integer({ min: 1, max: 2e6 }), (own, other) => {
        const { text, verdict } = compareExact(own, other)!;
        expect(text === '×1.00' || text === 'same').toBe(verdict === 'same');
      }),
      { numRuns: 1000 },
    );
  });
});

it.each([
  [250, 1000, 'gain', '×0.25', 'clear gain'],
  [1000, 1000, 'same', 'same', 'the same'],
  [996, 1000, 'same', '×1.00', 'within 0.5 %'],
  [10_051, 10_000, 'loss', '×1.01', 'clear loss'],
  [9949, 10_000, 'gain', '×0.99', 'clear gain'],
] as const)('a file of %d bytes against %d -> %s %s', (own, other, verdict, text, words) =>
  expect(compareExact(own, other)).toMatchObject({ verdict, text, words }),
);

it('the A/A control shows its interval and claims nothing, however far off', () => {
  expect(controlRatio(1.05, [1.04, 1.06])).toMatchObject({
    verdict: 'control',
    words: 'A/A control',
    text: '×1.05',
    interval: '[1.04, 1.06]',
  });
});

it.each([
  [0.0004, '< 0.001'],
  [0.0123, '0.012'],
  [0.0501, '0.0501'],
  [0.0499999, '0.050'],
  [0.2, '0.20'],
])('formatP(%d) = %s', (p, text) => expect(formatP(p)).toBe(text));
