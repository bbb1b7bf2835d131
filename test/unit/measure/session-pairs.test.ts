import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import type { SessionPairTimes } from '../../../src/main/engine/measure/latency/session-pair';
import { summarizePairs } from '../../../src/main/engine/measure/latency/summarize-pairs';
import { medianInterval } from '../../../src/main/engine/measure/statistics/median-interval';

const pair = (times: Partial<Record<'candidateMs' | 'baselineMs' | 'roundRatios', number[]>>): SessionPairTimes => ({
  candidateMs: Float64Array.from(times.candidateMs ?? [1]),
  baselineMs: Float64Array.from(times.baselineMs ?? [1]),
  roundRatios: Float64Array.from(times.roundRatios ?? [1]),
  processorTime: undefined,
});

describe('summarizePairs', () => {
  it('counts a pair once in the ratio, and every inference in the milliseconds', () => {
    const summary = summarizePairs([
      pair({ candidateMs: [1, 2, 3], baselineMs: [4], roundRatios: [0.5, 0.7, 0.6] }),
      pair({ candidateMs: [4, 5], baselineMs: [6, 8], roundRatios: [0.8] }),
      pair({ candidateMs: [100], baselineMs: [10], roundRatios: [0.4, 0.6] }),
    ]);
    expect(summary).toMatchObject({ p50Ms: 3.5, n: 6, rounds: 6, baselineP50Ms: 7, sessionRatios: [0.6, 0.8, 0.5] });
    expect(summary.ratio).toBe(0.6);
    expect(summary.ratioInterval).toEqual([0.5, 0.8]);
    expect(summary.disturbance!.p99OverP50).toBeCloseTo(summary.p99Ms / 3.5, 12);
    // Of 0.4 0.5 0.6 0.6 0.7 0.8: median 0.6, distances 0.2 0.1 0 0 0.1 0.2.
    expect(summary.disturbance!.roundSpread).toBeCloseTo(0.1 / 0.6, 12);
    expect(summary.disturbance).not.toHaveProperty('otherCpuShare');
  });

  it('tells the share of other processes where it is known', () => {
    const processorTime = { machine: 200, busy: 130, own: 100 };
    const { disturbance } = summarizePairs([{ ...pair({}), processorTime }]);
    expect(disturbance!.otherCpuShare).toBeCloseTo(0.15, 12);
  });

  it('is not moved by one wild pair, on either side', () => {
    const calm = [0.5, 0.51, 0.49, 0.5, 0.52, 0.5, 0.48, 0.51, 0.5];
    for (const wild of [40, 0.01]) {
      const { ratio, ratioInterval } = summarizePairs([...calm, wild].map((value) => pair({ roundRatios: [value] })));
      expect(ratio).toBe(0.5);
      expect(ratioInterval[0]).toBeGreaterThanOrEqual(0.48);
      expect(ratioInterval[1]).toBeLessThanOrEqual(0.52);
    }
  });
});

/** Two sessions of one file: the logarithm of their ratio has a part that lasts as long as they do, and noise of each round. */
interface Control {
  persistent: number;
  /** Of one round. */
  noise: number;
  /** Between neighbouring rounds. */
  autocorrelation: number;
  /** Of the side that was opened first, in every pair. */
  orderEffect?: number;
}

function simulate(seed: string, control: Control) {
  const random = createRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const { persistent, noise, autocorrelation: rho, orderEffect = 0 } = control;
  return (index: number, rounds: number): number[] => {
    const lasting = persistent * normal() + (index % 2 === 0 ? orderEffect : -orderEffect);
    let state = normal();
    return Array.from({ length: rounds }, () => {
      state = rho * state + Math.sqrt(1 - rho ** 2) * normal();
      return Math.exp(lasting + noise * state);
    });
  };
}

const repeats = 2000;

/** Share of A/A controls of ten pairs with four rounds whose interval does not hold 1. */
function missedByPairs(control: Control): number {
  const draw = simulate('pairs', control);
  let missed = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const [low, high] = summarizePairs(
      Array.from({ length: 10 }, (_, index) => pair({ roundRatios: draw(index, 4) })),
    ).ratioInterval;
    if (low > 1 || high < 1) missed++;
  }
  return missed / repeats;
}

/** The same of one pair with twelve rounds, as if they were independent. */
function missedByRounds(control: Control): number {
  const draw = simulate('rounds', control);
  let missed = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const [low, high] = medianInterval(draw(repeat, 12)).interval;
    if (low > 1 || high < 1) missed++;
  }
  return missed / repeats;
}

describe('pairs of sessions as a level of the design', () => {
  it.each([
    { name: 'sessions that differ by 0.3 %', persistent: 0.003, noise: 0.002, autocorrelation: 0 },
    { name: 'rounds autocorrelated at 0.5', persistent: 0, noise: 0.002, autocorrelation: 0.5 },
    { name: 'both', persistent: 0.003, noise: 0.002, autocorrelation: 0.5 },
    {
      name: 'an effect of which was opened first',
      persistent: 0,
      noise: 0.002,
      autocorrelation: 0,
      orderEffect: 0.003,
    },
  ])('holds the truth where rounds do not: $name', (control) => {
    expect(missedByRounds(control)).toBeGreaterThan(0.1);
    // 97.9 % stated; five standard errors.
    expect(missedByPairs(control)).toBeLessThan(22 / 1024 + 5 * Math.sqrt(0.0215 / repeats));
  });

  it('misses as often as stated where nothing is wrong', () => {
    const calm = { persistent: 0, noise: 0.002, autocorrelation: 0 };
    expect(Math.abs(missedByPairs(calm) - 22 / 1024)).toBeLessThan(5 * Math.sqrt(0.0215 / repeats));
  });
});
