import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRuns, compareRunsInSlices, type RunWithAnswers } from '../../../src/main/engine/compare/compare-runs';
import { matchTrials } from '../../../src/main/engine/compare/match-trials';
import { accuracyMetrics, type Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { independentDifferenceInterval } from '../../../src/main/engine/measure/statistics/independent';
import { wilsonInterval } from '../../../src/main/engine/measure/statistics/proportion';
import { judgePairs } from '@shared/presenter/judge-pairs';
import type { RunView, TrialView } from '@shared/run';
import { latency, run, trial } from '../matrix/trials';

/** Answers on images named by number: right where `isRight` says so. */
function answers(
  images: readonly number[],
  isRight: (image: number) => boolean,
  label = (image: number) => image % 10,
): Predictions {
  return {
    n: images.length,
    classes: 10,
    topK: images.map((image) => [isRight(image) ? label(image) : (label(image) + 1) % 10]),
    labels: images.map(label),
    hashes: images.map(String),
    skipped: 0,
  };
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** A run of one recipe with these answers, beside a baseline without any. */
function answered(predictions: Predictions, changes: Partial<RunView> = {}): RunWithAnswers {
  const metrics = {
    ...accuracyMetrics(predictions),
    sizeBytes: 4e6,
    latency: [latency({ sessionRatios: [0.58, 0.6, 0.59] })],
  };
  const trials = [trial({ recipe: 'baseline' }, { sizeBytes: 14e6 }), trial({ recipe: 'int8' }, metrics)];
  const view = { ...run(trials), ...changes };
  return { run: view, answersOf: ({ recipe }) => (recipe === 'int8' ? predictions : undefined) };
}
const int8 = (reference: RunWithAnswers, candidate: RunWithAnswers) =>
  compareRuns(reference, candidate).pairs.find((pair) => pair.candidate.recipe === 'int8')!;

it('is the same in slices as at once', async () => {
  const runs = [
    answered(answers(range(0, 50), () => true)),
    answered(answers(range(0, 50), (image) => image > 3)),
  ] as const;
  expect(await compareRunsInSlices(...runs)).toEqual(compareRuns(...runs));
});

describe('top-1 of two runs', () => {
  it('is paired image by image where the images are the same', () => {
    const before = answers(range(0, 200), (image) => image >= 20);
    const after = answers(range(0, 200).reverse(), (image) => image >= 28 || image < 2);
    // Of 200: 2 gained (0, 1), 8 lost (20 to 27), whatever the order of the images.
    const [pair] = int8(answered(before), answered(after)).answers;
    expect(pair).toMatchObject({ isPaired: true, n: 200, reference: 90, candidate: 87, difference: -3, agreement: 95 });
    const { top1DeltaInterval, mcnemarP } = accuracyMetrics(after, before);
    expect(pair!.interval).toEqual(top1DeltaInterval);
    expect(pair!.mcnemarP).toBe(mcnemarP);
  });

  it('is paired on the images that both have, and says how many', () => {
    const before = answers(range(0, 200), () => true);
    const after = answers(range(50, 250), (image) => image >= 60);
    const comparison = compareRuns(answered(before), answered(after));
    expect(comparison.pairs[1]!.answers[0]).toMatchObject({ isPaired: true, n: 150, difference: (-100 * 10) / 150 });
    expect(comparison.warnings.join(' ')).toContain('Only the 150 images that both runs answered');
  });

  it('is that of independent samples where the images are others, with a wider interval and a warning', () => {
    const before = answers(range(0, 200), (image) => image >= 20);
    const after = answers(range(1000, 1200), (image) => image >= 1026);
    const comparison = compareRuns(answered(before), answered(after));
    const [pair] = comparison.pairs[1]!.answers;
    expect(pair).toMatchObject({ isPaired: false, n: 200, difference: -3 });
    expect(comparison.warnings.join(' ')).toContain('images are not the same');
    const paired = int8(answered(before), answered(answers(range(0, 200), (image) => image >= 26))).answers[0]!;
    expect(pair!.interval[1] - pair!.interval[0]).toBeGreaterThan(paired.interval[1] - paired.interval[0]);
  });

  it('is unpaired where the classes of the images changed, and where one run came without answers', () => {
    const before = answers(range(0, 100), () => true);
    const relabelled = compareRuns(
      answered(before),
      answered(
        answers(
          range(0, 100),
          () => true,
          () => 3,
        ),
      ),
    );
    expect(relabelled.pairs[1]!.answers[0]!.isPaired).toBe(false);
    expect(relabelled.warnings.join(' ')).toContain('90 of the images do not have the same class');
    const { run: alone } = answered(before);
    const without = compareRuns({ run: alone }, answered(before));
    expect(without.pairs[1]!.answers[0]!.isPaired).toBe(false);
    expect(without.warnings.join(' ')).toContain('not at hand');
  });

  it('Newcombe’s own example: 56/70 against 48/80 is [0.0524, 0.3339]', () => {
    const of = (right: number, n: number) => ({ value: right / n, interval: wilsonInterval(right, n) });
    const [low, high] = independentDifferenceInterval(of(56, 70), of(48, 80));
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.0524', '0.3339']);
  });
});

describe('time of two runs', () => {
  const timed = (ratio: number, changes: Partial<RunView> = {}, p50Ms = 4): RunWithAnswers => {
    const sessionRatios = [0.99, 1, 1.01].map((factor) => factor * ratio);
    const ratioInterval: [number, number] = [ratio * 0.98, ratio * 1.02];
    const trials = [
      trial({ recipe: 'baseline' }, { latency: [latency({ p50Ms: 7, ratio: 1, ratioInterval: [0.99, 1.01] })] }),
      trial({ recipe: 'int8' }, { latency: [latency({ p50Ms, ratio, ratioInterval, sessionRatios })] }),
    ];
    return { run: { ...run(trials), ...changes } };
  };
  it('is ratio over ratio: a machine that is half as fast today changes nothing', () => {
    const [baseline, pair] = compareRuns(timed(0.5, {}, 4), timed(0.5, {}, 8)).pairs;
    expect(pair!.times[0]!.quotient!.ratio).toBeCloseTo(1, 12);
    // On the logarithmic scale two half widths of 2 % add as squares.
    expect(Math.log(pair!.times[0]!.quotient!.ratioInterval[1])).toBeCloseTo(
      Math.hypot(Math.log(1.02 / 0.98) / 2, Math.log(1.02 / 0.98) / 2),
      12,
    );
    expect(baseline!.times[0]).toMatchObject({ isSameMeasurement: true, isSameSetting: true });
    expect(baseline!.times[0]!.quotient).toBeUndefined();
  });

  it('knows one measurement that both runs show, and other machines, runtimes and baselines', () => {
    expect(compareRuns(timed(0.5), timed(0.5)).pairs[1]!.times[0]!.isSameMeasurement).toBe(true);
    const { manifest } = timed(0.5).run;
    const elsewhere = timed(0.6, {
      manifest: { ...manifest, machine: { ...manifest.machine, id: 'other', cpu: 'Other' } },
    });
    const moved = compareRuns(timed(0.5), elsewhere);
    expect(moved.pairs[1]!.times[0]!.isSameSetting).toBe(false);
    expect(moved.warnings.join(' ')).toContain('The machines differ (CPU; Other)');
    expect(moved.facts.map(({ name }) => name)).toEqual(['Machine']);
    const updated = compareRuns(timed(0.5), timed(0.6, { manifest: { ...manifest, onnxruntime: '1.31.0' } }));
    expect(updated.warnings.join(' ')).toContain('ort-cpu is 1.30.0 in one run and 1.31.0 in the other');
    const models = manifest.models.map((model) => ({ ...model, sha256: 'another' }));
    const replaced = compareRuns(timed(0.5), timed(0.6, { manifest: { ...manifest, models } }));
    expect(replaced.pairs[1]!.times[0]!.quotient).toBeUndefined();
    expect(replaced.warnings.join(' ')).toContain('mobilenetv2 is not the same file');
  });

  it('looks at the machine that a target names', () => {
    const name = 'litert x4 on pi4';
    const board = (id: string, version: string): RunWithAnswers => {
      const { run: view } = timed(0.5);
      const machine = { ...view.manifest.machine, id, cpu: `Cortex ${id}` };
      const manifest = {
        ...view.manifest,
        runtimes: { 'ort-cpu': '1.30.0' },
        elsewhere: { pi4: { machine, runtimes: { litert: version } } },
        targets: [name],
      };
      const targets = [{ runtime: 'litert', threads: 4, on: 'pi4' }];
      const onBoard = ({ metrics, ...one }: TrialView): TrialView => ({
        ...one,
        metrics: { ...metrics, latency: metrics.latency.map((each) => ({ ...each, target: name })) },
      });
      return { run: { ...view, manifest, sweep: { ...view.sweep, targets }, trials: view.trials.map(onBoard) } };
    };
    const settingsOf = (other: RunWithAnswers) => {
      const { pairs, warnings, facts } = compareRuns(board('p1', '2.3.0'), other);
      return { isSame: pairs[1]!.times[0]!.isSameSetting, warnings: warnings.join(' '), facts };
    };
    expect(settingsOf(board('p1', '2.3.0'))).toMatchObject({ isSame: true, facts: [] });
    const moved = settingsOf(board('p2', '2.3.0'));
    expect(moved.isSame).toBe(false);
    expect(moved.warnings).toContain('The machines labelled pi4 differ (Cortex p1; Cortex p2)');
    expect(moved.facts.map((fact) => fact.name)).toEqual(['Machine pi4']);
    const updated = settingsOf(board('p1', '2.4.0'));
    expect(updated.isSame).toBe(false);
    expect(updated.warnings).toContain('litert on pi4 is 2.3.0 in one run and 2.4.0 in the other');
  });

  it('verdicts: what is clearly slower differs, what is the same does not', () => {
    const [, slower] = judgePairs(compareRuns(timed(0.5), timed(0.6)));
    expect(slower).toMatchObject({ differs: true, times: [{ change: { verdict: 'loss' } }] });
    const [, same] = judgePairs(compareRuns(timed(0.5), timed(0.505)));
    expect(same!.differs).toBe(false);
    const [, once] = judgePairs(compareRuns(timed(0.5), timed(0.5)));
    expect(once!.times[0]!.change).toBeUndefined();
  });

  it('of a baseline and a recipe is the recipe’s own ratio, whatever the A/A control shows', () => {
    const chosen = { reference: 'baseline', candidate: 'int8' };
    const [pair] = compareRuns(timed(0.5), timed(0.6), chosen).pairs;
    expect(pair!.times[0]!.quotient).toEqual({
      ratio: 0.6,
      ratioInterval: [0.6 * 0.98, 0.6 * 1.02],
      sessionRatios: [0.99, 1, 1.01].map((factor) => factor * 0.6),
    });
    const [back] = compareRuns(timed(0.6), timed(0.5), { reference: 'int8', candidate: 'baseline' }).pairs;
    expect(back!.times[0]!.quotient!.ratio).toBeCloseTo(1 / 0.6, 12);
    expect(back!.times[0]!.quotient!.ratioInterval[0]).toBeCloseTo(1 / (0.6 * 1.02), 12);
  });

  it('turned round, every difference turns its sign', () => {
    const ratios = fc.double({ min: 0.2, max: 2, noNaN: true });
    fc.assert(
      fc.property(ratios, ratios, (a, b) => {
        const [there, back] = [
          compareRuns(timed(a), timed(b)).pairs[1]!.times[0]!.quotient!,
          compareRuns(timed(b), timed(a)).pairs[1]!.times[0]!.quotient!,
        ];
        expect(there.ratio * back.ratio).toBeCloseTo(1, 9);
        expect(there.ratioInterval[0] * back.ratioInterval[1]).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('which trials belong together', () => {
  const view = (...names: [recipe: string, recipeText: string][]): { trials: TrialView[] } => ({
    trials: names.map(([recipe, recipeText]) => trial({ recipe, recipeText })),
  });
  const shown = (...[a, b, chosen]: Parameters<typeof matchTrials>) => {
    const { pairs, onlyReference, onlyCandidate } = matchTrials(a, b, chosen);
    const names = (trials: TrialView[]): string[] => trials.map(({ recipe }) => recipe);
    return [
      pairs.map(({ reference, candidate }) => `${reference.recipe}=${candidate.recipe}`),
      names(onlyReference),
      names(onlyCandidate),
    ];
  };
  it('by name, then by steps; the rest stands alone', () => {
    expect(
      shown(
        view(['int8', 'quantize.static'], ['half', 'fp16'], ['gone', 'x']),
        view(['half', 'quantize.static'], ['sixteen', 'fp16'], ['new', 'y'], ['int8', 'quantize.static{bits:8}']),
      ),
    ).toEqual([['half=half', 'int8=int8'], ['gone'], ['sixteen', 'new']]);
    expect(shown(view(['a', 'fp16']), view(['b', 'fp16']))).toEqual([['a=b'], [], []]);
  });
  it('or the two that are named', () => {
    const both = view(['a', 'x'], ['b', 'y']);
    expect(shown(both, both, { reference: 'a', candidate: 'b' })).toEqual([['a=b'], [], []]);
  });
});
