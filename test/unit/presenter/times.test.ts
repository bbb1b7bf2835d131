import { describe, expect, it } from 'vitest';
import { disturbanceText } from '@shared/presenter/disturbance';
import { presentRun } from '@shared/presenter/reading';
import { measurementsToRepeat } from '../../../src/main/engine/sweep/remeasure';
import { runAgainst } from '../../../src/main/engine/sweep/run-against';
import type { StepView } from '@shared/run';
import { latency, run, target, trial } from '../matrix/trials';

const baseline = trial(
  { recipe: 'baseline' },
  { latency: [latency({ p50Ms: 0.424, ratio: 1.002, ratioInterval: [0.99, 1.01] })] },
);
const int8 = trial(
  { recipe: 'int8' },
  {
    latency: [
      latency({
        p50Ms: 0.384,
        p90Ms: 0.4,
        p99Ms: 0.5,
        madMs: 0.01,
        baselineP50Ms: 0.5,
        ratio: 0.77,
        ratioInterval: [0.76, 0.78],
      }),
    ],
  },
);
const view = run([baseline, int8]);

describe('scaled times', () => {
  it('agree with the ratio: 0.384 beside 0.424 never reads ×0.77', () => {
    const { read, times } = presentRun(view);
    expect(times(int8, target)!.p50Ms).toBeCloseTo(0.424 * 0.77, 9);
    expect(times(int8, target)!.p90Ms / times(int8, target)!.p50Ms).toBeCloseTo(0.4 / 0.384, 9);
    expect(read('latency', int8, target)).toMatchObject({
      text: '0.326',
      whenMeasured: 'when measured: baseline 0.500 ms, this 0.384 ms',
      change: { text: '×0.77' },
    });
    expect(read('latency', baseline, target)).toMatchObject({
      text: '0.424',
      change: { verdict: 'control', text: '×1.00' },
    });
    expect(read('latency', baseline, target)!.whenMeasured).toBeUndefined();
  });

  it('are the same whatever recipe the run is compared with', () => {
    const other = trial(
      { recipe: 'b' },
      { latency: [latency({ p50Ms: 0.3, ratio: 0.5, ratioInterval: [0.49, 0.51] })] },
    );
    const plain = run([baseline, int8, other]);
    const against = runAgainst(plain, 'int8', () => undefined);
    const timesOf = (shown: typeof plain): (number | undefined)[] =>
      shown.trials.map((each) => presentRun(shown).times(each, target)?.p50Ms);
    timesOf(against).forEach((time, index) => expect(time).toBeCloseTo(timesOf(plain)[index]!, 9));
  });

  it('are as measured where the baseline was not', () => {
    const alone = run([int8]);
    expect(presentRun(alone).read('latency', int8, target)).toMatchObject({ text: '0.384' });
  });
});

it.each([
  [undefined, undefined],
  [{ p99OverP50: 1.4, roundSpread: 0.01 }, undefined],
  [{ p99OverP50: 3, roundSpread: 0.05, otherCpuShare: 0.25 }, undefined],
  [{ p99OverP50: 3.2, roundSpread: 0.01 }, 'disturbed: one image in a hundred took 3.2 times the median'],
  [
    { p99OverP50: 5, roundSpread: 0.07, otherCpuShare: 0.4 },
    'disturbed: other processes took 40 % of the processor; one image in a hundred took 5.0 times the median; rounds differed by 7 %',
  ],
])('disturbance %j -> %s', (facts, text) => expect(disturbanceText(facts)).toBe(text));

describe('measurementsToRepeat', () => {
  const step = (key: string, title: string, changes: Partial<StepView> = {}): StepView => ({
    kind: 'measure',
    title,
    key,
    status: 'done',
    cached: false,
    ...changes,
  });
  const disturbed = { disturbance: { p99OverP50: 9, roundSpread: 0.01 } };
  const busy = trial(
    {
      recipe: 'busy',
      steps: [step('e', '1,000 images', { kind: 'evaluate' }), step('x1', target), step('x2', 'ort-cpu x2')],
    },
    { latency: [latency(disturbed), latency({ target: 'ort-cpu x2' })] },
  );
  const quiet = trial({ recipe: 'quiet', steps: [step('q', target)] }, { latency: [latency()] });
  const twin = trial({ recipe: 'twin', steps: [step('x1', target)] }, { latency: [latency(disturbed)] });
  const measured = run([busy, quiet, twin]);

  it('are the disturbed ones, each once, or all of the given trials', () => {
    expect(measurementsToRepeat(measured)).toEqual(['x1']);
    expect(measurementsToRepeat(measured, [quiet.id])).toEqual(['q']);
    expect(measurementsToRepeat(measured, [busy.id])).toEqual(['x1', 'x2']);
    expect(measurementsToRepeat(run([quiet]))).toEqual([]);
  });
  it('of a trial that the run does not have', () => {
    expect(() => measurementsToRepeat(measured, ['m/none'])).toThrow('m/none');
  });
});

it('a run of an earlier version, without zones, is shown with the usual ones', () => {
  const { indifference: _, ...sweep } = view.sweep;
  const { read } = presentRun({ ...view, sweep: sweep as typeof view.sweep });
  expect(read('ratio', int8, target)!.change).toMatchObject({ verdict: 'gain', words: 'clear gain' });
});
