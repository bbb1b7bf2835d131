import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalUpperTail } from '@shared/statistics/normal';
import { incompleteBeta, studentUpperTail } from '@shared/statistics/student-t';

describe('studentUpperTail', () => {
  // R: qt(p, df, lower.tail = FALSE); the same quantiles stand in every printed table of Student's t.
  it.each([
    [6.313752, 1, 0.05],
    [12.706205, 1, 0.025],
    [2.015048, 5, 0.05],
    [2.570582, 5, 0.025],
    [4.032143, 5, 0.005],
    [2.228139, 10, 0.025],
    [4.604095, 4, 0.005],
    [2.042272, 30, 0.025],
    [1.959964, 1e6, 0.025],
  ])('t = %d with %d degrees of freedom leaves %d', (t, freedom, p) =>
    expect(studentUpperTail(t, freedom)).toBeCloseTo(p, 6),
  );

  it('is the closed form where there is one: Cauchy for 1 degree, t / sqrt(2 + t^2) for 2', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
        expect(studentUpperTail(t, 1)).toBeCloseTo(0.5 - Math.atan(t) / Math.PI, 12);
        expect(studentUpperTail(t, 2)).toBeCloseTo(0.5 - t / (2 * Math.sqrt(2 + t * t)), 12);
      }),
    );
  });

  it('falls with t, and both tails are one', () => {
    const t = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(t, t, fc.double({ min: 0.5, max: 200, noNaN: true }), (a, b, freedom) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(studentUpperTail(high, freedom)).toBeLessThanOrEqual(studentUpperTail(low, freedom) + 1e-12);
        expect(studentUpperTail(a, freedom) + studentUpperTail(-a, freedom)).toBeCloseTo(1, 12);
      }),
    );
  });

  it.each([
    [Infinity, 3, 0],
    [-Infinity, 3, 1],
    [0, 7.3, 0.5],
    [NaN, 3, NaN],
    [1, 0, NaN],
  ])('%d with %d degrees -> %d', (t, freedom, p) => expect(studentUpperTail(t, freedom)).toBe(p));
});

it('incompleteBeta is the binomial sum for whole numbers: I_x(a, b) = P(Bin(a + b - 1, x) >= a)', () => {
  const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n, k - 1) * (n - k + 1)) / k);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      (x, a, b) => {
        const n = a + b - 1;
        let sum = 0;
        for (let k = a; k <= n; k++) sum += binomial(n, k) * x ** k * (1 - x) ** (n - k);
        expect(incompleteBeta(x, a, b)).toBeCloseTo(sum, 11);
      },
    ),
  );
});

// R: pnorm(z, lower.tail = FALSE)
it.each([
  [0, 0.5],
  [1, 0.158655253931457],
  [1.959963984540054, 0.025],
  [3, 0.00134989803163009],
  [-1, 0.841344746068543],
  [9, 0],
])('normalUpperTail(%d) = %d', (z, p) => expect(normalUpperTail(z)).toBeCloseTo(p, 13));
