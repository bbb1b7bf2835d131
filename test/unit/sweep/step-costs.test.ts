import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepCosts, type StepSample, type StepTraits } from '../../../src/main/engine/sweep/step-costs';

const traits = (changes: Partial<StepTraits> = {}): StepTraits => ({
  kind: 'compress',
  work: 'prune',
  variant: '{}',
  network: 'a',
  networkBytes: 1e6,
  images: 100,
  ...changes,
});
const sample = (elapsedMs: number, changes: Partial<StepSample> = {}): StepSample => ({
  ...traits(changes),
  elapsedMs,
  sizeBytes: changes.sizeBytes,
});
/** Next to no time: what it takes to start a worker is a test of its own. */
const start = sample(1e-9, { kind: 'describe' });
const expected = (samples: StepSample[], changes: Partial<StepTraits> = {}): number | undefined =>
  new StepCosts([start, ...samples]).expect(traits(changes))?.expectedMs;

describe('what a step costs', () => {
  it('is not known before any step of its kind has finished', () => {
    expect(expected([])).toBeUndefined();
    expect(expected([sample(100, { kind: 'evaluate' })])).toBeUndefined();
    expect(expected([sample(0)])).toBeUndefined();
  });

  it('of a training is what others took for as many MACs, until one has finished here', () => {
    // 1,000 images four times through mobilenetv2.
    const training = { work: 'finetune', images: 4000, trainingMacs: 4000 * 0.3e9 };
    const { isFromElsewhere, isGuess, expectedMs } = new StepCosts([]).expect(traits(training))!;
    expect([isFromElsewhere, isGuess]).toEqual([true, true]);
    // Measured: 1.08 s for 16 images, of which the mean over three networks is up to 2.2 times less.
    expect(expectedMs / 1000).toBeGreaterThan(((4000 / 16) * 1.08) / 2.5);
    expect(expectedMs / 1000).toBeLessThan((4000 / 16) * 1.08 * 2.5);
    expect(expected([sample(100)], training), 'pruning tells nothing of it').toBeCloseTo(expectedMs - 500, -3);
    const pace = sample(60_000, { work: 'finetune', images: 1000, trainingMacs: 0.3e12, variant: '{x}' });
    expect(expected([pace], training)).toBeCloseTo(240_000, -1);
    expect(new StepCosts([pace]).expect(traits(training))!.isFromElsewhere).toBeUndefined();
  });

  it('is the median of the same step, so that one slow time does not count', () => {
    expect(expected([sample(100), sample(110), sample(90_000)])).toBeCloseTo(110, 6);
    expect(expected([sample(100), sample(400)]), 'geometric mean of two').toBeCloseTo(200, 6);
  });

  it.each<[string, StepSample[], Partial<StepTraits>, number]>([
    ['the same step before other parameters', [sample(100), sample(500, { variant: '{x}' })], {}, 100],
    [
      'other parameters before another network',
      [sample(100, { variant: '{x}' }), sample(900, { network: 'b' })],
      {},
      100,
    ],
    ['other parameters, for each image', [sample(100, { variant: '{x}' })], { images: 300 }, 300],
    ['another network, by its size and images', [sample(100, { network: 'b', networkBytes: 2e6 })], { images: 50 }, 25],
    [
      'other work on the network before other work elsewhere',
      [sample(100, { work: 'w' }), sample(7, { work: 'w', network: 'b' })],
      {},
      100,
    ],
    ['any work of the kind', [sample(100, { work: 'w', network: 'b', networkBytes: 1e5 })], {}, 1000],
    ['no images', [sample(100, { images: 0, variant: '{x}' })], { images: 0 }, 100],
  ])('takes %s', (_what, samples, asked, cost) => {
    expect(expected(samples, asked)).toBeCloseTo(cost, 6);
  });

  it('counts what is alike more closely once, however often it was done', () => {
    const often = Array.from({ length: 50 }, () => sample(100, { variant: '{x}' }));
    const others = [sample(300, { variant: '{y}' }), sample(310, { variant: '{z}' })];
    expect(expected([...often, ...others])).toBeCloseTo(300, 6);
  });

  it('is trusted as far as those before it could have been', () => {
    const steady = Array.from({ length: 12 }, (_, at) => sample(100 + at, { variant: `${at}` }));
    const wild = Array.from({ length: 12 }, (_, at) => sample(100 * 3 ** (at % 4), { variant: `${at}` }));
    const deviation = (samples: StepSample[]): number => new StepCosts([start, ...samples]).expect(traits())!.deviation;
    expect(deviation(steady)).toBe(0.05);
    expect(deviation(wild)).toBeGreaterThan(0.8);
    expect(deviation(steady.slice(0, 2)), 'too few to tell').toBe(0.35);
  });

  it('begins with the start of a worker, which does not grow with the work', () => {
    const once = (elapsedMs: number): StepSample => sample(elapsedMs, { kind: 'evaluate', work: 'ort', images: 400 });
    const costs = new StepCosts([sample(200, { kind: 'describe' }), once(600)]);
    const evaluation = traits({ kind: 'evaluate', work: 'ort' });
    expect(costs.expect({ ...evaluation, images: 100 })!.expectedMs).toBeCloseTo(300, 6);
    expect(costs.expect({ ...evaluation, images: 4000 })!.expectedMs).toBeCloseTo(4200, 6);
    const few = new StepCosts([once(40_500)]);
    expect(few.expect({ ...evaluation, images: 800 })!.expectedMs, 'no start is that slow').toBeCloseTo(80_500, 6);
  });

  it('is a guess where another network or other work stands for it', () => {
    const isGuess = (samples: StepSample[]): boolean => new StepCosts(samples).expect(traits())!.isGuess;
    expect(isGuess([sample(1)])).toBe(false);
    expect(isGuess([sample(1, { variant: 'x' })])).toBe(false);
    expect(isGuess([sample(1, { network: 'b' })])).toBe(true);
    expect(isGuess([sample(1, { work: 'x' })])).toBe(true);
  });

  it('lies between the least and the most of steps that are all alike, and grows with them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 2, max: 9 }),
        (times, factor) => {
          const once = expected(times.map((time) => sample(time)))!;
          expect(once).toBeGreaterThanOrEqual(Math.min(...times) * 0.999999);
          expect(once).toBeLessThanOrEqual(Math.max(...times) * 1.000001);
          const slower = expected(times.map((time) => sample(time * factor)))!;
          expect(slower / once).toBeCloseTo(factor, 6);
        },
      ),
    );
  });

  it('learns the sizes of files, for each byte of the network', () => {
    const costs = new StepCosts([sample(1, { sizeBytes: 250_000 }), sample(1, { kind: 'evaluate' })]);
    expect(costs.expectBytes(traits())).toBe(250_000);
    expect(costs.expectBytes(traits({ network: 'b', networkBytes: 8e6 }))).toBe(2e6);
    expect(costs.expectBytes(traits({ work: 'other' }))).toBeUndefined();
    expect(costs.expectBytes(traits({ kind: 'evaluate' }))).toBeUndefined();
  });
});
