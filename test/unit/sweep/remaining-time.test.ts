import { describe, expect, it } from 'vitest';
import { RemainingTime } from '../../../src/main/engine/sweep/remaining-time';
import { noteProgress, StepsInHand } from '../../../src/main/engine/sweep/steps-in-hand';
import { distinctSteps } from '../../../src/main/engine/sweep/plan';
import { model, plan } from './sweeps';

const steps = distinctSteps(plan({ baseline: [], small: ['fp16'] }, { models: [model('a'), model('b')] }));
const step = (name: string, kind: string) => steps.find((each) => each.order.model === name && each.kind === kind)!;
const left = (of: typeof steps) => of.map((each) => ({ step: each, share: 1 }));

describe('RemainingTime', () => {
  it('knows nothing before the first step', () => expect(new RemainingTime().estimate(left(steps), 1)).toBeUndefined());

  it('is zero when nothing is left', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'evaluate'), 5);
    expect(remaining.estimate([], 1)).toBe(0);
  });

  it('prefers the same kind and model, then the same kind, then anything', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'evaluate'), 1000);
    remaining.add(step('a', 'evaluate'), 3000);
    remaining.add(step('b', 'evaluate'), 500);
    remaining.add(step('a', 'measure'), 60);
    expect(remaining.estimate(left([step('a', 'evaluate')]), 1)).toBe(2000);
    expect(remaining.estimate(left([step('b', 'evaluate')]), 1)).toBe(500);
    expect(remaining.estimate(left([step('b', 'measure')]), 1)).toBe(60);
    expect(remaining.estimate(left([step('b', 'compress')]), 1)).toBe((1000 + 3000 + 500 + 60) / 4);
    expect(remaining.estimate(left([step('a', 'evaluate'), step('b', 'measure')]), 1)).toBe(2060);
  });

  it('divides what can run side by side by the slots, measurements never', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'evaluate'), 1000);
    remaining.add(step('a', 'measure'), 60);
    const [evaluate, measure] = [step('a', 'evaluate'), step('a', 'measure')];
    const all = left([evaluate, evaluate, evaluate, evaluate, measure, measure]);
    expect([1, 2, 4, 8].map((slots) => remaining.estimate(all, slots))).toEqual([4120, 2120, 1120, 1120]);
  });

  it('counts only what is left of the steps under way', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'evaluate'), 1000);
    expect(remaining.estimate([{ step: step('a', 'evaluate'), share: 0.25 }], 1)).toBe(250);
  });

  it('believes a training under way more than other steps of its kind', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'compress'), 1000);
    expect(remaining.estimate([{ step: step('a', 'compress'), share: 0.5, ownMs: 60_000 }], 1)).toBe(60_000);
  });

  it('never tells less than what the part under way still takes', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'compress'), 1000);
    expect(remaining.estimate([{ step: step('a', 'compress'), share: 0.5, leastMs: 60_000 }], 1)).toBe(60_000);
    expect(remaining.estimate([{ step: step('a', 'compress'), share: 0.5, leastMs: 100 }], 1)).toBe(500);
  });
});

describe('the pace of a step under way', () => {
  /** @param told seconds, and what is done then */
  const leftAfter = (technique: string, ...told: [seconds: number, done: number, total?: number][]) => {
    const steps = new StepsInHand();
    const planned = distinctSteps(plan({ trained: [technique] }, { models: [model('a')] }));
    const compress = planned.find(({ kind }) => kind === 'compress')!;
    const step = steps.take(compress);
    for (const [seconds, done, total = 1] of told) noteProgress(step, done, total, 1000 * seconds);
    return steps.paceOf(compress.key, 1000 * told.at(-1)![0]);
  };

  it('is what it took for its share so far', () =>
    expect(leftAfter('finetune', [1, 0], [31, 0.25])).toEqual({ ownMs: 90_000 }));
  it('does not count what an earlier run did', () =>
    expect(leftAfter('finetune', [1, 0.5], [31, 0.75])).toEqual({ ownMs: 30_000 }));
  it('begins anew with what comes after calibration, and on another machine', () =>
    expect(leftAfter('quantize.aware', [1, 0], [61, 0.9], [62, 0], [92, 0.25])).toEqual({ ownMs: 90_000 }));
  it('begins anew behind what nobody can measure: another agent fetches what it needs, and trains from the beginning', () =>
    expect(leftAfter('finetune', [1, 0], [601, 0], [602, 0, 0], [603, 0], [633, 0.25])).toEqual({ ownMs: 90_000 }));
  it('is the least of a training in rounds, and of other steps, whose later parts nobody knows', () => {
    const rounds: [number, number][] = [
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 1],
      [5, 0],
      [6, 1],
      [7, 0],
      [8, 0.5],
    ];
    expect(leftAfter('iterate', ...rounds)).toEqual({ leastMs: 1000 });
    expect(leftAfter('fp16', [1, 0], [31, 0.25])).toEqual({ leastMs: 90_000 });
  });
  it('is not known in the first moments', () => expect(leftAfter('finetune', [1, 0], [31, 0.001])).toEqual({}));
});
