import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { distinctSteps } from '../../../src/main/engine/sweep/plan';
import { around, dataset, images, keysOf, model, plan, prune } from './sweeps';

const recipes = {
  baseline: [],
  pruned: [prune(0.5)],
  both: [prune(0.5), 'quantize.static'],
  int8: ['quantize.static'],
};
const find = (trials: ReturnType<typeof plan>, recipe: string) => trials.find((trial) => trial.recipe === recipe)!;

describe('expandSweep', () => {
  it('makes a trial of each model and recipe, in their order', () => {
    const trials = plan(recipes, { models: [model('a'), model('b')] });
    expect(trials.map((trial) => trial.id)).toEqual([
      'a/baseline',
      'a/pruned',
      'a/both',
      'a/int8',
      'b/baseline',
      'b/pruned',
      'b/both',
      'b/int8',
    ]);
    expect(trials.filter((trial) => trial.isBaseline).map((trial) => trial.id)).toEqual(['a/baseline', 'b/baseline']);
    expect(find(trials, 'both').recipeText).toBe('prune.magnitude{amount:0.5} | quantize.static');
  });

  it('orders the steps of a trial: compress, then what is measured of the file', () => {
    const both = find(plan(recipes, { targets: [{ runtime: 'ort-cpu' }, { runtime: 'ort-cpu', threads: 2 }] }), 'both');
    expect(both.steps.map((step) => `${step.kind} ${step.title}`)).toEqual([
      'compress prune.magnitude{amount:0.5}',
      'compress quantize.static',
      'describe file',
      'evaluate 8 images',
      'measure ort-cpu x1',
      'measure ort-cpu x2',
    ]);
    const [first, second, ...rest] = both.steps;
    expect(first!.needs).toEqual([]);
    expect(second!.needs).toEqual([first!.key]);
    for (const step of rest) expect(step.needs).toEqual([second!.key]);
    expect(both.artifact).toEqual({ step: second!.key });
  });

  it('names the float network that lossy steps are compared with', () => {
    const chain = ['equalize', 'quantize.static', 'correctBias'];
    const trials = plan({ chain, short: ['quantize.static', 'correctBias'] });
    const [equalize, quantize, correct] = find(trials, 'chain').steps;
    expect(correct!.order).toMatchObject({ reference: { step: equalize!.key } });
    expect(correct!.needs).toEqual([quantize!.key, equalize!.key]);
    expect(find(trials, 'short').steps[1]!.order).toMatchObject({ reference: { model: 'net' } });
  });

  it('compares each trial with the evaluation of its own model', () => {
    const trials = plan(recipes, { models: [model('a'), model('b')] });
    for (const trial of trials) {
      const baseline = trials.find((other) => other.model === trial.model && other.isBaseline)!;
      expect(trial.deployments.map((each) => each.baselineEvaluation)).toEqual([
        baseline.steps.find((step) => step.kind === 'evaluate')!.key,
      ]);
    }
  });

  it('shares the steps of a common beginning, and only those', () => {
    const trials = plan(recipes);
    expect(find(trials, 'both').steps[0]!.key).toBe(find(trials, 'pruned').steps[0]!.key);
    expect(find(trials, 'both').steps[1]!.key).not.toBe(find(trials, 'int8').steps[0]!.key);
    // baseline 3, pruned 1 + 3, both 1 (+ shared) + 3, int8 1 + 3
    expect(distinctSteps(trials)).toHaveLength(15);
  });

  it('fills in defaults: a parameter written out is the same step', () => {
    const [short, long] = plan({ short: ['prune.magnitude'], long: [prune(0.5)] });
    expect(short!.steps.map((step) => step.key)).toEqual(long!.steps.map((step) => step.key));
  });

  it.each([
    [['prune.magnitud'], 'technique.unknown'],
    [[prune(2)], 'technique.params'],
    [[{ 'prune.magnitude': { amonut: 1 } }], 'technique.params'],
  ])('refuses %j', (steps, code) => {
    const error = (() => {
      try {
        return plan({ bad: steps });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe(code);
  });
});

describe('keys', () => {
  const compress = 'compress quantize.static';
  const rest = ['describe file', 'evaluate 8 images', 'measure ort-cpu x1'];
  /** Steps of `trial` whose key differs from the undisturbed plan, by position. */
  function changed(recipe: string, changes: Parameters<typeof plan>[1]): string[] {
    const [before, after] = [find(plan(recipes), recipe), find(plan(recipes, changes), recipe)];
    return before.steps.flatMap((step, index) =>
      after.steps[index]!.key === step.key ? [] : [`${step.kind} ${step.title}`],
    );
  }
  const all = [compress, ...rest];

  it.each<[string, Parameters<typeof plan>[1], string[], string[]]>([
    ['nothing', {}, [], []],
    ['names and order of the sweep', { name: 'other' }, [], []],
    ['the path of the dataset', { data: dataset({ path: '/elsewhere', name: 'n', fingerprint: 'g' }) }, [], []],
    ['the seed', { seed: 2 }, all, ['measure ort-cpu x1']],
    ['the calibration images', { data: dataset({ calibration: images('calibration', 5, 100) }) }, all, []],
    [
      'the evaluation images',
      { data: dataset({ eval: images('eval', 8, 50) }) },
      ['evaluate 8 images'],
      ['evaluate 8 images'],
    ],
    ['the model', { models: [model('net', {}, 'f'.repeat(64))] }, all, rest],
    [
      'the runtime version',
      { surroundings: { ...around, runtimes: { 'ort-cpu': { version: '2', format: 'onnx' } } } },
      ['evaluate 8 images', rest[2]!],
      ['evaluate 8 images', rest[2]!],
    ],
    [
      'another machine of the same kind',
      { surroundings: { ...around, machine: { ...around.machine, id: 'm2' } } },
      [rest[2]!],
      [rest[2]!],
    ],
    [
      'instruction sets',
      { surroundings: { ...around, machine: { ...around.machine, isa: [] } } },
      ['evaluate 8 images'],
      ['evaluate 8 images'],
    ],
    ['the latency mode', { latency: 'rigorous' }, [rest[2]!], [rest[2]!]],
    ['the threads', { targets: [{ runtime: 'ort-cpu', threads: 2 }] }, [rest[2]!], [rest[2]!]],
  ])('%s changes the right ones', (_what, changes, ofInt8, ofBaseline) => {
    expect(changed('int8', changes)).toEqual(ofInt8);
    expect(changed('baseline', changes)).toEqual(ofBaseline);
  });

  it('do not change with calibration images where no technique looks at them', () => {
    expect(changed('pruned', { data: dataset({ calibration: images('calibration', 1, 7) }) })).toEqual([]);
  });

  const step = fc.oneof(
    fc.constantFrom('fp16', 'quantize.dynamic', 'quantize.static', 'prune.magnitude'),
    fc.integer({ min: 1, max: 9 }).map((tenths) => prune(tenths / 10)),
  );
  const accepted = (steps: unknown[]): boolean => {
    try {
      return plan({ recipe: steps }).length > 0;
    } catch {
      return false;
    }
  };
  const recipe = fc.array(step, { maxLength: 4 }).filter(accepted);

  it('are equal for equal sweeps and share exactly the common beginning of two recipes', () => {
    fc.assert(
      fc.property(recipe, recipe, (left, right) => {
        const trials = plan({ left, right });
        expect(plan({ left, right })).toEqual(trials);
        const keys = trials.map((trial) =>
          trial.steps.filter((each) => each.kind === 'compress').map((each) => each.key),
        );
        const params = (index: number, at: number): unknown => {
          const order = trials[index]!.steps[at]!.order;
          return order.kind === 'compress' ? [order.technique, order.params] : undefined;
        };
        let same = true;
        for (let at = 0; at < Math.min(left.length, right.length); at++) {
          same &&= JSON.stringify(params(0, at)) === JSON.stringify(params(1, at));
          expect(keys[0]![at] === keys[1]![at]).toBe(same);
        }
        expect(new Set(keys[0]).size).toBe(left.length);
      }),
      { numRuns: 60 },
    );
  });

  it('do not depend on the other recipes and models of the sweep', () => {
    const alone = keysOf(plan({ int8: ['quantize.static'] })[0]!);
    expect(
      keysOf(
        find(
          plan(recipes, { models: [model('other'), model('net')] }).filter((trial) => trial.model === 'net'),
          'int8',
        ),
      ),
    ).toEqual(alone);
  });
});
