import { describe, expect, it } from 'vitest';
import { normalQuantile, normalQuantile95, normalUpperTail } from '@shared/statistics/normal';

describe('normalQuantile', () => {
  // R: qnorm(p, lower.tail = FALSE)
  it.each([
    [0.5, 0],
    [0.025, normalQuantile95],
    [0.0125, 2.241402727604947],
    [0.005, 2.5758293035489],
    [0.0001, 3.719016485455709],
  ])('of %f is %f', (tail, expected) => {
    expect(normalQuantile(tail)).toBeCloseTo(expected, 10);
    expect(normalUpperTail(normalQuantile(tail))).toBeCloseTo(tail, 12);
  });
});
