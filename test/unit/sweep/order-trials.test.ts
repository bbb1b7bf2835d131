import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderTrials } from '../../../src/main/engine/sweep/order-trials';
import { distinctSteps, type TrialPlan } from '../../../src/main/engine/sweep/plan';
import { stepCost } from '../../../src/main/engine/sweep/step-cost';
import { recipeTraits } from '../../../src/main/engine/techniques/recipe-traits';
import { model, plan, prune } from './sweeps';

const costOf = (step: TrialPlan['steps'][number]): number => stepCost(step.order, 1000);
const ids = (trials: readonly TrialPlan[]): string[] => trials.map(({ id }) => id);

const recipes: Record<string, unknown> = {
  'sparse + int8': [prune(0.5), 'quantize.static'],
  sparse: [prune(0.5)],
  'sparse, 4 bit': [prune(0.5), 'quantize.weights'],
  'narrow + int8': ['prune.channels', 'quantize.static'],
  narrow: ['prune.channels'],
  smaller: ['shrink.input'],
  int8: ['quantize.static'],
  dynamic: ['quantize.dynamic'],
  half: ['fp16'],
  baseline: [],
};

describe('recipeTraits', () => {
  const traits = (...techniques: unknown[]): ReturnType<typeof recipeTraits> =>
    recipeTraits(
      plan({ one: techniques })[0]!.steps.flatMap(({ order }) => (order.kind === 'compress' ? [order] : [])),
    );

  it.each([
    [[], { integers: false, structural: false }],
    [['quantize.static'], { integers: true, structural: false }],
    [['quantize.dynamic'], { integers: true, structural: false }],
    [['quantize.weights'], { integers: false, structural: false }],
    [['fp16'], { integers: false, structural: false }],
    [['equalize'], { integers: false, structural: false }],
    [['recalibrate'], { integers: false, structural: false }],
    [['prune.magnitude'], { integers: false, structural: false }],
    [['prune.channels'], { integers: false, structural: true }],
    [['prune.layers'], { integers: false, structural: true }],
    [['prune.units'], { integers: false, structural: true }],
    [['factorize'], { integers: false, structural: true }],
    [['shrink.input'], { integers: false, structural: true }],
    [['distill'], { integers: false, structural: true }],
    [[{ iterate: { technique: 'prune.channels' } }], { integers: false, structural: true }],
    [['iterate'], { integers: false, structural: false }],
    [['finetune'], { integers: false, structural: false }],
    [['prune.channels', 'quantize.static'], { integers: true, structural: true }],
  ])('of %j', (techniques, expected) => expect(traits(...techniques)).toMatchObject(expected));

  it.each([
    [[], false],
    [['quantize.static'], true],
    [['prune.magnitude', { 'quantize.static': { keepLast: true } }], true],
    [[{ 'quantize.static': { format: 'qoperator' } }], false],
    [['quantize.integer'], true],
    [['quantize.dynamic'], false],
    [['fp16'], false],
  ])('codes go from layer to layer: %j is %s', (techniques, expected) =>
    expect(traits(...techniques).isInteger).toBe(expected),
  );
});

describe('orderTrials', () => {
  it('begins with the baseline, integers and structure of every network, then goes by price', () => {
    const ordered = ids(orderTrials(plan(recipes, { models: ['a', 'b'].map((name) => model(name)) }), { costOf }));
    expect(ordered.slice(0, 6)).toEqual([
      'a/baseline',
      'b/baseline',
      'a/dynamic',
      'b/dynamic',
      'a/smaller',
      'b/smaller',
    ]);
    // Shared steps are paid by all: the sparse network comes before what is made of it.
    expect(ordered.indexOf('a/sparse')).toBeLessThan(ordered.indexOf('a/sparse + int8'));
    expect(ordered.indexOf('a/narrow')).toBeLessThan(ordered.indexOf('a/narrow + int8'));
  });

  it('puts what somebody wants first, in the order that was given', () => {
    const trials = plan(recipes);
    const ordered = ids(orderTrials(trials, { costOf, first: ['net/half', 'no such trial', 'net/sparse'] }));
    expect(ordered.slice(0, 3)).toEqual(['net/half', 'net/sparse', 'net/baseline']);
    expect(ordered.toSorted()).toEqual(ids(trials).toSorted());
  });

  it('counts a result that is there already: a recipe that does both is enough', () => {
    const ordered = ids(
      orderTrials(plan({ both: ['prune.channels', 'quantize.static'], base: [], half: ['fp16'] }), { costOf }),
    );
    expect(ordered).toEqual(['net/base', 'net/both', 'net/half']);
  });

  const names = Object.keys(recipes);
  const sweeps = fc.record({
    chosen: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
    models: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    targets: fc.constantFrom(
      [],
      [{ runtime: 'ort-cpu' }],
      [{ runtime: 'ort-cpu' }, { runtime: 'ort-cpu', threads: 2 }],
    ),
    costs: fc.array(fc.nat(1000), { minLength: 1 }),
  });

  it('is a permutation whose steps come after all they need, and reaches the milestones before anything else', () => {
    fc.assert(
      fc.property(sweeps, ({ chosen, models, targets, costs }) => {
        const trials = plan(Object.fromEntries(chosen.map((name) => [name, recipes[name]])), {
          models: models.map((name) => model(name)),
          targets,
        });
        const price = ({ key }: { key: string }): number => costs[Number.parseInt(key.slice(0, 6), 16) % costs.length]!;
        const ordered = orderTrials(trials, { costOf: price });
        expect(ids(ordered).toSorted()).toEqual(ids(trials).toSorted());
        expect(ids(orderTrials([...trials], { costOf: price }))).toEqual(ids(ordered));

        const steps = distinctSteps(ordered);
        const at = new Map(steps.map(({ key }, place) => [key, place]));
        for (const [place, { needs }] of steps.entries())
          for (const need of needs) expect(at.get(need)).toBeLessThan(place);

        const early = ordered.slice(0, 3 * models.length);
        const traitsOf = ({ steps: own }: TrialPlan): ReturnType<typeof recipeTraits> =>
          recipeTraits(own.flatMap(({ order }) => (order.kind === 'compress' ? [order] : [])));
        for (const reaches of [
          (trial: TrialPlan) => trial.isBaseline,
          (trial: TrialPlan) => traitsOf(trial).integers,
          (trial: TrialPlan) => traitsOf(trial).structural,
        ])
          for (const name of models) {
            const own = (trial: TrialPlan): boolean => trial.model === name && reaches(trial);
            if (trials.some(own)) expect(early.some(own)).toBe(true);
          }
      }),
      { numRuns: 60 },
    );
  });
});
