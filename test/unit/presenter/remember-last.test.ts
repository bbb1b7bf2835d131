import { describe, expect, it } from 'vitest';
import { compareRun } from '@shared/presenter/compare-run';
import { rememberLast } from '@shared/presenter/remember-last';
import type { RunView } from '@shared/run';
import { largeRun, largeTargets } from '../report/large-run';

describe('the last answer', () => {
  it('is given again for the same key and arguments alone', () => {
    const asked: number[] = [];
    const scaled = rememberLast((key: { value: number }, factor: number | undefined) => {
      asked.push(factor ?? Number.NaN);
      return { product: key.value * (factor ?? 1) };
    });
    const [one, two] = [{ value: 1 }, { value: 2 }];
    expect(scaled(one, 3)).toBe(scaled(one, 3));
    expect(scaled(two, 3)).toEqual({ product: 6 });
    expect(scaled(one, undefined)).toEqual({ product: 1 });
    expect(scaled(one, 3)).toEqual({ product: 3 });
    expect(scaled(one, Number.NaN)).toBe(scaled(one, Number.NaN));
    expect(asked).toEqual([3, 3, Number.NaN, 3, Number.NaN]);
  });
});

describe('verdicts of a run that goes on', () => {
  const run = largeRun();
  const verdicts = (view: RunView): unknown[] => {
    const { latency, top1, among } = compareRun(view);
    return [
      among,
      ...view.trials.map((trial) => [largeTargets.map((target) => latency(trial, target)), top1(trial, undefined)]),
    ];
  };
  const afresh = (view: RunView): unknown[] => verdicts(structuredClone(view));
  const changed = (change: Partial<RunView['trials'][number]['metrics']>): RunView => ({
    ...run,
    trials: run.trials.map((trial, at) => (at === 30 ? { ...trial, metrics: { ...trial.metrics, ...change } } : trial)),
  });
  const indifferent: RunView = { ...run, sweep: { ...run.sweep, indifference: { time: 0.05, top1: 1 } } };

  it.each([
    ['as it was', run],
    ['with a trial that has no times', changed({ latency: [] })],
    ['with another top-1', changed({ top1Delta: -9, top1DeltaInterval: [-10, -8], mcnemarP: 1e-9 })],
    ['with another indifference', indifferent],
    ['as it was, again', run],
  ])('are those of the same run read afresh: %s', (_, view) => expect(verdicts(view)).toEqual(afresh(view)));

  it('stay the same objects where nothing was measured', () => {
    const trial = run.trials[30]!;
    const before = compareRun(run).latency(trial, largeTargets[0]!);
    expect(before).toBeDefined();
    expect(compareRun({ ...run, trials: [...run.trials] }).latency(trial, largeTargets[0]!)).toBe(before);
  });
});
