import { describe, expect, it } from 'vitest';
import { pairedAnswers, type Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { planCandidate, withoutTimes } from '../../../src/main/engine/search/plan-candidate';
import { ExpectedTimes, mergedAnswers } from '../../../src/main/engine/search/trial-evidence';
import { expandSweep } from '../../../src/main/engine/sweep/expand';
import { around, dataset, model, sweep } from '../sweep/sweeps';
import { parseRecipe } from '@shared/recipe-syntax';

const network = model('net');
const chain = parseRecipe('prune.magnitude{amount:0.5} | quantize.static');
const searched = sweep({ baseline: [], both: chain });
const settings = { sweep: searched, dataset: dataset(), around, network };
const plan = (recipe: string) =>
  planCandidate({ name: recipe, model: network, chain: parseRecipe(recipe) }, dataset().eval, settings);

describe('planCandidate', () => {
  it('plans what a sweep plans, so that steps are shared with it', () => {
    const [, expected] = expandSweep(searched, [network], dataset(), around);
    expect(planCandidate({ name: 'both', model: network, chain }, dataset().eval, settings)).toEqual(expected);
  });

  it('compares another network with the one that is searched for', () => {
    const other = planCandidate({ name: 'other', model: model('other'), chain: [] }, dataset().eval, settings);
    const [baseline] = expandSweep(searched, [network], dataset(), around);
    expect(other.isBaseline).toBe(false);
    expect(other.deployments[0]!.baselineEvaluation).toBe(baseline!.deployments[0]!.evaluate);
    expect(other.steps.find(({ kind }) => kind === 'measure')?.order).toMatchObject({ baseline: { model: 'net' } });
    expect(withoutTimes(other).steps.map(({ kind }) => kind)).toEqual(['describe', 'evaluate']);
  });
});

describe('mergedAnswers', () => {
  it('is what would be answered on all images at once', () => {
    const answers = (labels: number[], right: boolean[], from: number): Predictions => ({
      n: labels.length,
      classes: 4,
      topK: labels.map((label, at) => [right[at] ? label : (label + 1) % 4]),
      labels,
      hashes: labels.map((_, at) => `image ${from + at}`),
      skipped: 1,
    });
    const parts = [answers([0, 1], [true, false], 0), answers([2, 3, 0], [false, true, true], 2)];
    const whole = answers([0, 1, 2, 3, 0], [true, false, false, true, true], 0);
    expect(mergedAnswers(parts)).toEqual({ ...whole, skipped: 2 });
    const network = answers([0, 1, 2, 3, 0], [true, true, true, false, true], 0);
    expect(pairedAnswers(mergedAnswers(parts), network).counts).toEqual({ n: 5, gained: 1, lost: 2 });
  });
});

describe('ExpectedTimes', () => {
  it('goes by MACs, and by what was measured of chains on the same kernels', () => {
    const times = new ExpectedTimes(1000);
    expect(times.expected(plan('quantize.static'), 500)).toBe(0.5);
    expect([times.knows(plan('quantize.static')), times.knows(plan('prune.channels'))]).toEqual([false, true]);
    times.learn(plan('quantize.static'), 1000, 0.4);
    times.learn(plan('quantize.static{keepFirst:true}'), 1000, 0.5);
    expect(times.expected(plan('prune.channels | quantize.static'), 500)).toBeCloseTo(0.225, 12);
    expect(times.expected(plan('prune.channels'), 500)).toBe(0.5);
    expect(times.knows(plan('prune.channels | quantize.static'))).toBe(true);
  });

  it('counts a trial that is met again once', () => {
    const times = new ExpectedTimes(1000);
    for (let rung = 0; rung < 3; rung++) times.learn(plan('quantize.static'), 1000, 0.4);
    times.learn(plan('quantize.static{keepLast:true}'), 1000, 0.8);
    expect(times.expected(plan('quantize.static'), 1000)).toBeCloseTo(0.6, 12);
  });
});
