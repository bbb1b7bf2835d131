import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks, tickDecimals } from '@shared/presenter/axis-ticks';

describe('logTicks', () => {
  it.each([
    [1, 100, [1, 2, 5, 10, 20, 50, 100]],
    [0.9, 6, [1, 2, 5]],
    [0.04, 0.6, [0.05, 0.1, 0.2, 0.5]],
    [3.1, 4.3, [3.2, 3.4, 3.6, 3.8, 4, 4.2]],
  ])('from %d to %d', (from, to, ticks) => expect(logTicks(from, to)).toEqual(ticks));

  it('are at least two, inside, ascending', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -6, max: 6, noNaN: true }),
        fc.double({ min: 0.001, max: 5, noNaN: true }),
        (from, span) => {
          const [low, high] = [10 ** from, 10 ** (from + span)];
          const ticks = logTicks(low, high);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          ticks.forEach((tick, index) => {
            expect(tick).toBeGreaterThanOrEqual(low * (1 - 1e-5));
            expect(tick).toBeLessThanOrEqual(high * (1 + 1e-5));
            if (index > 0) expect(tick).toBeGreaterThan(ticks[index - 1]!);
          });
        },
      ),
    );
  });
});

describe('linearTicks', () => {
  it.each([
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [66, 84, [70, 75, 80]],
    [-0.3, 0.3, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]],
  ])('from %d to %d', (from, to, ticks) => expect(linearTicks(from, to)).toEqual(ticks));

  it('are three to nine round numbers at equal distances', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.double({ min: 0.5, max: 1e4, noNaN: true }),
        (from, span) => {
          const ticks = linearTicks(from, from + span);
          expect(ticks.length).toBeGreaterThanOrEqual(3);
          expect(ticks.length).toBeLessThanOrEqual(9);
          const step = ticks[1]! - ticks[0]!;
          expect(['1', '2', '5']).toContain(step.toExponential(0)[0]);
          for (const tick of ticks) expect(Math.abs(tick / step - Math.round(tick / step))).toBeLessThan(1e-3);
        },
      ),
    );
  });
});

describe('tickDecimals', () => {
  it.each([
    [0.2, 0.45, 2],
    [0, 1, 1],
    [0, 0.36, 1],
    [10, 90, 0],
    [0.00001, 0.00003, 6],
    [0.25, 0.25, 2],
    [4, 4, 0],
  ])('from %d to %d: %d', (from, to, decimals) => expect(tickDecimals(from, to)).toBe(decimals));

  it('is enough for the steps that charts take', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e5, noNaN: true }), (span) => {
        const size = 10 ** Math.floor(Math.log10(span / 5));
        const share = span / 5 / size;
        const step = size * [1, 2, 3, 5, 10][[1.5, 2.5, 4, 7, 10].findIndex((end) => share < end)]!;
        expect(Number(step.toFixed(tickDecimals(0, span)))).toBeCloseTo(step, 8);
      }),
    );
  });
});
