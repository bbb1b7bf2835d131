import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedDifferenceInterval } from '../../../src/main/engine/measure/statistics/paired';
import type { Budget } from '@shared/presenter/budget';
import { judgeRun } from '@shared/presenter/best-in-budget';
import { bestInWords, bestLine, judgementText, moreImagesText } from '@shared/presenter/budget-text';
import { foldRows } from '@shared/presenter/fold-rows';
import { judgeTrial, type BudgetVerdict, type TrialJudgement } from '@shared/presenter/judge-budget';
import { presentRun } from '@shared/presenter/reading';
import { matrixRows } from '@shared/presenter/rows';
import type { Interval } from '@shared/metrics';
import type { TrialView } from '@shared/run';
import { adjustFamilywise } from '@shared/statistics/familywise';
import { pairedVariance, settlingCount } from '@shared/statistics/settling-count';
import { latency, run, target, trial } from '../matrix/trials';

interface Measured {
  bytes?: number;
  delta?: number;
  interval?: Interval;
  n?: number;
  ratio?: number;
  ratioInterval?: Interval;
  top1?: number;
}
function measured(recipe: string, facts: Measured, model = 'mobilenetv2'): TrialView {
  const { bytes = 2e6, delta = 0, interval = [delta - 0.5, delta + 0.5], n = 1000, ratio = 0.5, top1 = 70 } = facts;
  const { ratioInterval = [ratio * 0.98, ratio * 1.02] } = facts;
  return trial(
    { recipe, model },
    {
      sizeBytes: bytes,
      n,
      top1,
      top1Delta: delta,
      top1DeltaInterval: interval,
      latency: [latency({ ratio, ratioInterval })],
    },
  );
}
const baseline = trial(
  { recipe: 'baseline' },
  { sizeBytes: 14e6, n: 1000, top1: 80, latency: [latency({ ratio: 1.01, ratioInterval: [0.99, 1.02] })] },
);
const judge = (one: TrialView, budget: Budget): TrialJudgement => judgeTrial(run([one]), one, budget, target);
const points = (counts: { n: number; gained: number; lost: number }): Interval => {
  const [low, high] = pairedDifferenceInterval(counts);
  return [100 * low, 100 * high];
};

describe('judgeTrial', () => {
  it.each<[string, Measured, Budget, BudgetVerdict, RegExp]>([
    [
      'the end of the interval counts',
      { delta: -0.6, interval: [-1.01, -0.2] },
      { maxDropPoints: 1 },
      'may pass',
      /−1\.01/,
    ],
    ['an end on the limit is within', { delta: -0.6, interval: [-1, -0.2] }, { maxDropPoints: 1 }, 'passes', /within/],
    ['wholly beyond', { delta: -2, interval: [-3, -1.2] }, { maxDropPoints: 1 }, 'fails', /limit −1/],
    ['touching from beyond', { delta: -2, interval: [-3, -1] }, { maxDropPoints: 1 }, 'may pass', /images/],
    ['a gain', { delta: 1, interval: [0.2, 1.8] }, { maxDropPoints: 0 }, 'passes', /within/],
    ['bytes are exact', { bytes: 2_000_000 }, { maxBytes: 2e6 }, 'passes', /within/],
    ['one byte more', { bytes: 2_000_001 }, { maxBytes: 2e6 }, 'fails', /2,000,001 B, limit 2,000,000 B/],
    [
      'time by its interval',
      { ratio: 0.49, ratioInterval: [0.47, 0.51] },
      { maxLatencyRatio: 0.5 },
      'may pass',
      /0\.51/,
    ],
    ['time within', { ratio: 0.45, ratioInterval: [0.44, 0.46] }, { maxLatencyRatio: 0.5 }, 'passes', /within/],
    ['time beyond', { ratio: 0.6, ratioInterval: [0.58, 0.62] }, { maxLatencyRatio: 0.5 }, 'fails', /limit ×0\.5/],
    ['one of two fails', { bytes: 3e6 }, { maxDropPoints: 1, maxBytes: 2e6 }, 'fails', /3\.00 MB, limit 2\.00 MB/],
  ])('%s', (_, facts, budget, verdict, words) => {
    const judgement = judge(measured('a', facts), budget);
    expect(judgement.verdict).toBe(verdict);
    expect(judgementText(judgement)).toMatch(words);
  });

  it('what is not measured may pass, and what failed does not', () => {
    const budget = { maxDropPoints: 1, maxBytes: 2e6, maxLatencyRatio: 1 };
    expect(judge(trial({ status: 'running' }), budget).verdict).toBe('may pass');
    expect(judge(trial({ status: 'failed' }), budget).verdict).toBe('fails');
    const unlabelled = judge(trial({}, { n: 50 }), { maxDropPoints: 1 });
    expect(judgementText(unlabelled)).toBe('may be within the budget: top-1 is unknown without labels');
  });

  it('the baseline loses nothing and takes all of its time, whatever its A/A control shows', () => {
    expect(judge(baseline, { maxDropPoints: 0, maxLatencyRatio: 1 }).verdict).toBe('passes');
    expect(judge(baseline, { maxLatencyRatio: 0.99 }).verdict).toBe('fails');
  });

  const facts = fc.record({
    bytes: fc.integer({ min: 1e5, max: 1e7 }),
    delta: fc.double({ min: -5, max: 5, noNaN: true }),
    ratio: fc.double({ min: 0.1, max: 2, noNaN: true }),
  });
  const budgets = fc.record(
    {
      maxDropPoints: fc.double({ min: 0, max: 6, noNaN: true }),
      maxBytes: fc.integer({ min: 1e5, max: 1e7 }),
      maxLatencyRatio: fc.double({ min: 0.1, max: 2, noNaN: true }),
    },
    { requiredKeys: [] },
  );
  const rank = { fails: 0, 'may pass': 1, passes: 2 };
  it('a looser budget never judges worse, and a trial is as good as its worst criterion', () => {
    fc.assert(
      fc.property(facts, budgets, fc.double({ min: 1, max: 3, noNaN: true }), (one, budget, factor) => {
        const looser = Object.fromEntries(Object.entries(budget).map(([key, value]) => [key, value * factor]));
        const [strict, loose] = [judge(measured('a', one), budget), judge(measured('a', one), looser)];
        expect(rank[loose.verdict]).toBeGreaterThanOrEqual(rank[strict.verdict]);
        expect(rank[strict.verdict]).toBe(Math.min(2, ...strict.criteria.map(({ verdict }) => rank[verdict])));
        for (const { verdict, missing } of strict.criteria) if (verdict === 'passes') expect(missing).toBeCloseTo(0, 5);
      }),
      { numRuns: 500 },
    );
  });
});

describe('how many images would settle it', () => {
  it('by hand: 50 of 1,000 answers changed, 0.5 points off the limit', () => {
    // (1.959964 + 0.841621)^2 = 7.848880; x (0.05 - 0.0001) / 0.005^2
    expect(settlingCount(0.0499, 0.005)).toBe(Math.ceil((7.84888 * 0.0499) / 0.000025));
    expect(settlingCount(0.05, 0)).toBe(Infinity);
  });
  it('the variance comes back out of the interval: pseudo-counts of Bonett and Price', () => {
    const [up, down] = [21 / 1002, 31 / 1002];
    expect(pairedVariance(points({ n: 1000, gained: 20, lost: 30 }), 1000)).toBeCloseTo(
      up + down - (up - down) ** 2,
      10,
    );
  });
  it('with so many images, and answers changing as they do, the interval leaves the limit, to the right side', () => {
    const counts = fc
      .tuple(fc.integer({ min: 200, max: 5000 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }))
      .map(([n, gained, lost]) => ({ n, gained, lost }));
    let checked = 0;
    fc.assert(
      fc.property(counts, fc.double({ min: 0, max: 4, noNaN: true }), (found, limit) => {
        const delta = (100 * (found.gained - found.lost)) / found.n;
        const one = measured('a', { delta, interval: points(found), n: found.n });
        const { verdict, moreImages } = judge(one, { maxDropPoints: limit }).criteria[0]!;
        if (verdict !== 'may pass' || moreImages! > 1e7) return;
        checked++;
        const n = found.n + moreImages!;
        const scaled = { n, gained: (found.gained * n) / found.n, lost: (found.lost * n) / found.n };
        const later = judge(measured('a', { delta, interval: points(scaled), n }), { maxDropPoints: limit });
        expect(later.verdict).toBe(delta > -limit ? 'passes' : 'fails');
      }),
      { numRuns: 400 },
    );
    expect(checked).toBeGreaterThan(50);
  });
  it.each([
    [1, 'about 1 more'],
    [2301, 'about 2,400 more'],
    [12_000_000, 'more than a million'],
    [Infinity, 'on the limit'],
  ])('%d', (count, words) => expect(moreImagesText(count)).toContain(words));
});

it('Holm’s adjustment, by hand and in any order', () => {
  expect(adjustFamilywise([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  expect(adjustFamilywise([0.5, 0.6])).toEqual([1, 1]);
  expect(adjustFamilywise([])).toEqual([]);
});

describe('the best per network', () => {
  const budget: Budget = { maxDropPoints: 1, maxBytes: 4e6 };
  const bestOf = (trials: TrialView[], limits = budget) =>
    judgeRun(run([baseline, ...trials]), limits, target).best[0]!;

  it('names the smallest and the fastest of those that pass, and counts the others', () => {
    const found = bestOf([
      measured('small', { bytes: 1e6, ratio: 0.8 }),
      measured('fast', { bytes: 3e6, ratio: 0.3 }),
      measured('beaten', { bytes: 3.5e6, ratio: 0.9 }),
      measured('wrong', { bytes: 1e5, delta: -9 }),
      measured('unsure', { bytes: 1e5, delta: -0.8 }),
    ]);
    expect([found.smallest?.trial.recipe, found.fastest?.trial.recipe]).toEqual(['small', 'fast']);
    expect(found.counts).toEqual({ passes: 3, 'may pass': 1, fails: 1 });
    expect(found.front.map(({ recipe }) => recipe)).toEqual(['small', 'fast']);
    expect(found.nearest).toBeUndefined();
  });

  it('of times that noise decides takes the smaller file; of equal files the faster', () => {
    const alike = bestOf([
      measured('a', { bytes: 3e6, ratio: 0.4, ratioInterval: [0.39, 0.41] }),
      measured('b', { bytes: 2e6, ratio: 0.405, ratioInterval: [0.395, 0.415] }),
      measured('c', { bytes: 1e6, ratio: 0.5, ratioInterval: [0.49, 0.51] }),
    ]);
    expect(alike.fastest).toMatchObject({ trial: { recipe: 'b' }, ties: 1 });
    const equal = bestOf([measured('a', { ratio: 0.7 }), measured('b', { ratio: 0.5 })]);
    expect(equal.smallest).toMatchObject({ trial: { recipe: 'b' }, ties: 1 });
  });

  it('is certain for one trial, and not as the best of many with an interval that just fits', () => {
    const just = measured('just', { bytes: 1e6, delta: -0.4, interval: [-0.99, 0.19] });
    expect(bestOf([just]).smallest?.holdsAmongAll).toBe(true);
    const many = Array.from({ length: 20 }, (_, index) => measured(`m${index}`, { delta: -0.9 }));
    const found = bestOf([just, ...many]);
    expect(found.smallest).toMatchObject({ trial: { recipe: 'just' }, holdsAmongAll: false });
    const presentation = presentRun(run([baseline, just, ...many]));
    expect(bestLine(bestInWords(found, presentation, target))).toContain('not certain as the best of 21');
  });

  it('without one that passes, the nearest with what it lacks: what may pass before what fails', () => {
    const trials = [measured('heavy', { bytes: 4.1e6, delta: 0 }), measured('lossy', { delta: -0.9 })];
    const found = bestOf(trials);
    const words = bestInWords(found, presentRun(run([baseline, ...trials])), target);
    expect(bestLine(words)).toMatch(
      /^mobilenetv2: none passes; nearest lossy, top-1 −0\.9 \[−1\.4, −0\.4\], limit −1: about [\d,]+ more images would settle it$/,
    );
    expect(
      bestOf([measured('heavy', { bytes: 4.1e6 }), measured('worse', { bytes: 8e6, delta: -3 })]).nearest,
    ).toMatchObject({
      trial: { recipe: 'heavy' },
    });
    expect(bestLine(bestInWords(bestOf([trial({ status: 'waiting' })]), presentRun(run([baseline])), target))).toBe(
      'mobilenetv2: nothing is measured yet',
    );
  });

  it('names nothing that is neither smaller nor clearly faster than what it is compared with', () => {
    const [slow, even] = [
      measured('slow', { bytes: 15e6, ratio: 1.2 }),
      measured('even', { bytes: 14e6, ratio: 0.99 }),
    ];
    const found = bestOf([slow, even], { maxDropPoints: 1 });
    expect([found.counts.passes, found.smallest, found.fastest]).toEqual([2, undefined, undefined]);
    expect(bestLine(bestInWords(found, presentRun(run([baseline, slow, even])), target))).toBe(
      'mobilenetv2: nothing within it is smaller or clearly faster',
    );
  });

  it('calls nothing the fastest whose time differs by no more than is of consequence', () => {
    const within = measured('fp16', { ratio: 0.997, ratioInterval: [0.991, 0.9995] });
    const [found] = judgeRun(run([baseline, within]), { maxDropPoints: 1 }, target).best;
    expect([found!.smallest?.trial.recipe, found!.fastest]).toEqual(['fp16', undefined]);
  });

  it('says it in one line, with intervals', () => {
    const one = measured('int8', { bytes: 3_840_133, delta: -0.2, ratio: 0.59 });
    const words = bestInWords(bestOf([one]), presentRun(run([baseline, one])), target);
    expect(bestLine(words)).toBe(
      'mobilenetv2: smallest and fastest int8, 3.84 MB, top-1 −0.2 [−0.7, +0.3], ×0.59 [0.58, 0.60]',
    );
  });

  it('no trial that passes beats the named ones, whatever the numbers', () => {
    const facts = fc.record({
      bytes: fc.integer({ min: 1e6, max: 5e6 }),
      delta: fc.double({ min: -2, max: 1, noNaN: true }),
      ratio: fc.double({ min: 0.2, max: 1.2, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 12 }), (all) => {
        const trials = all.map((one, index) => measured(`r${index}`, one));
        const view = run([baseline, ...trials]);
        const { of, best } = judgeRun(view, budget, target);
        const passing = trials.filter(({ id }) => of(id)!.verdict === 'passes');
        const [{ smallest, fastest, nearest, front, counts }] = best as [(typeof best)[0]];
        expect(counts.passes).toBe(passing.length);
        expect(nearest === undefined).toBe(passing.length > 0);
        expect(smallest === undefined).toBe(passing.length === 0);
        if (!smallest) return;
        const least = Math.min(...passing.map(({ metrics }) => metrics.sizeBytes!));
        expect(smallest.trial.metrics.sizeBytes).toBe(least);
        for (const { metrics } of fastest ? passing : []) {
          const [own, other] = [fastest!.trial.metrics, metrics];
          expect(other.sizeBytes! < own.sizeBytes! && other.latency[0]!.ratio < own.latency[0]!.ratio).toBe(false);
        }
        expect(front.length).toBeGreaterThan(0);
        expect(front.every(({ id }) => passing.some((one) => one.id === id))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

it('folds rows that fail on every network shown; the baseline stays', () => {
  const rows = [
    baseline,
    measured('good', {}),
    measured('bad', { delta: -9 }),
    measured('mixed', { delta: -9 }),
    measured('mixed', {}, 'resnet50'),
  ];
  const view = run(rows);
  const judgements = judgeRun(view, { maxDropPoints: 1 }, target);
  const names = (models: string[]) => foldRows(matrixRows(view), judgements, models).folded.map(({ recipe }) => recipe);
  expect(names(['mobilenetv2', 'resnet50'])).toEqual(['bad']);
  expect(names(['mobilenetv2'])).toEqual(['bad', 'mixed']);
});
