import { expect, it } from 'vitest';
import { timesOfPairs } from '../../../src/main/engine/measure/latency/order-statistics';
import type { SessionPairTimes } from '../../../src/main/engine/measure/latency/session-pair';

const pair = (candidateMs: number[], baselineMs: number[]): SessionPairTimes => ({
  candidateMs: Float64Array.from(candidateMs),
  baselineMs: Float64Array.from(baselineMs),
  roundRatios: Float64Array.of(1),
  processorTime: undefined,
});

it('keeps all times of few inferences, in microseconds and ascending, over all pairs', () => {
  expect(timesOfPairs([pair([3, 1.0004], [2]), pair([2.5], [1])])).toEqual({
    candidateUs: [1000, 2500, 3000],
    baselineUs: [1000, 2000],
  });
  expect(timesOfPairs([pair([1], [])])).toEqual({ candidateUs: [1000], baselineUs: [] });
});

it('keeps 500 order statistics of many, the ends among them, in under 20 kB', () => {
  const many = Array.from({ length: 24_000 }, (_, at) => 10 + ((7919 * at) % 24_000) / 1000);
  const times = timesOfPairs([
    pair(
      many,
      many.map((ms) => 100 * ms),
    ),
  ]);
  expect(times.candidateUs).toHaveLength(500);
  expect(times.candidateUs[0]).toBe(10_000);
  expect(times.candidateUs.at(-1)).toBe(33_999);
  // Of an even spread, the median lies in the middle.
  expect(times.candidateUs[250]! / 1000).toBeCloseTo(22, 1);
  expect(JSON.stringify(times).length).toBeLessThan(20_000);
});
