import { expect, test } from 'vitest';
import { cosine, stepwise, withWarmUp } from '../../../src/main/engine/training/schedule';

const along = (schedule: typeof cosine, steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => schedule(step, steps));

test('half a cosine begins at the whole rate and falls towards nothing', () => {
  const rates = along(cosine, 100);
  expect(rates[0]).toBe(1);
  expect(rates[50]).toBeCloseTo(0.5, 12);
  expect(rates[99]).toBeLessThan(0.001);
  expect(rates).toEqual(rates.toSorted((a, b) => b - a));
});

test('in steps: a tenth from each point on', () => {
  const rates = along(stepwise([0.5, 0.75]), 8);
  expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]);
});

test('a warm-up rises evenly and never reaches nothing', () => {
  expect(
    along(
      withWarmUp(() => 1, 0.3),
      10,
    ).map((rate) => Number(rate.toFixed(6))),
  ).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
  expect(along(withWarmUp(cosine, 0.05), 3)).toEqual(along(cosine, 3));
});
