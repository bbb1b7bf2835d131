import { describe, expect, it } from 'vitest';
import { gateChecks, gateFails, type GateCheck, type GateLimits } from '@shared/presenter/gate';
import type { AnswerPair, RunComparison, TimePair, TrialPair } from '@shared/run-comparison';

const answer = (difference: number, half: number, changes: Partial<AnswerPair> = {}): AnswerPair => ({
  runtime: 'ort-cpu',
  reference: 80,
  candidate: 80 + difference,
  difference,
  interval: [difference - half, difference + half],
  isPaired: true,
  n: 1000,
  ...changes,
});
const time = (ratio: number, half: number, changes: Partial<TimePair> = {}): TimePair => {
  const sessionRatios = [0.9999, 1, 1.0001].map((one) => one * ratio);
  const ratioInterval: [number, number] = [ratio / (1 + half), ratio * (1 + half)];
  return {
    target: 'ort-cpu x1',
    reference: { p50Ms: 4, ratio: 0.5, ratioInterval: [0.5, 0.5] },
    candidate: { p50Ms: 4, ratio: 0.5 * ratio, ratioInterval: [0.5 * ratio, 0.5 * ratio] },
    isSameMeasurement: false,
    isSameSetting: true,
    quotient: { ratio, ratioInterval, sessionRatios, referenceSessionRatios: [0.9999, 1, 1.0001] },
    ...changes,
  };
};
const pair = (changes: Partial<TrialPair> = {}, recipe = 'int8'): TrialPair => ({
  model: 'mobilenetv2',
  reference: { recipe, recipeText: 'quantize.static', status: 'done', sizeBytes: 1_000_000 },
  candidate: { recipe, recipeText: 'quantize.static', status: 'done', sizeBytes: 1_000_000 },
  isBaseline: false,
  isSameFile: false,
  answers: [],
  times: [],
  ...changes,
});
const side = { run: 'r', name: 'n', startedAt: '' };
const checks = (pairs: TrialPair[], limits: GateLimits, onlyReference: string[] = []): GateCheck[] => {
  const comparison: RunComparison = {
    reference: side,
    candidate: side,
    indifference: { time: 0.01, top1: 0 },
    warnings: [],
    facts: [],
    pairs,
    onlyReference,
    onlyCandidate: [],
  };
  return gateChecks(comparison, limits);
};

describe('one limit', () => {
  it.each<[string, TrialPair, GateLimits, GateCheck['outcome'], RegExp]>([
    [
      'within',
      pair({ answers: [answer(-0.2, 0.25)] }),
      { maxDropPoints: 0.5 },
      'holds',
      /−0\.2 points \[−0\.45|−0\.5, /,
    ],
    [
      'across',
      pair({ answers: [answer(-0.4, 0.3)] }),
      { maxDropPoints: 0.5 },
      'unsure',
      /1,000 images, paired.*limit −0\.5/,
    ],
    [
      'beyond',
      pair({ answers: [answer(-1.5, 0.4)] }),
      { maxDropPoints: 0.5 },
      'broken',
      /−1\.5 points \[−1\.9, −1\.1\]/,
    ],
    [
      'unpaired says so',
      pair({ answers: [answer(-0.4, 3, { isPaired: false })] }),
      { maxDropPoints: 0.5 },
      'unsure',
      /not the same ones/,
    ],
    ['no answers', pair(), { maxDropPoints: 0.5 }, 'unsure', /not measured in both/],
    ['as fast', pair({ times: [time(1, 0.01)] }), { maxSlowdown: 0.05 }, 'holds', /×1\.00 .*limit ×1\.05/],
    [
      'slower, perhaps',
      pair({ times: [time(1.06, 0.02)] }),
      { maxSlowdown: 0.05 },
      'unsure',
      /each beside its own baseline/,
    ],
    ['slower', pair({ times: [time(1.2, 0.02)] }), { maxSlowdown: 0.05 }, 'broken', /×1\.20/],
    [
      'one measurement',
      pair({ times: [time(1, 0.1, { isSameMeasurement: true })] }),
      { maxSlowdown: 0 },
      'holds',
      /one and the same/,
    ],
    [
      'other baselines',
      pair({ times: [time(1, 0.1, { quotient: undefined })] }),
      { maxSlowdown: 1 },
      'unsure',
      /not one file/,
    ],
    ['as large', pair(), { maxGrowth: 0 }, 'holds', /limit ×1/],
    [
      'a byte more',
      pair({ candidate: { ...pair().candidate, sizeBytes: 1_020_001 } }),
      { maxGrowth: 0.02 },
      'broken',
      /1,020,001 B\) after 1,000,000 B, limit ×1\.02/,
    ],
  ])('%s', (_, one, limits, outcome, words) => {
    const [check] = checks([one], limits);
    expect(check).toMatchObject({ outcome });
    expect(check!.sentence).toMatch(words);
  });

  it('of a baseline’s own time holds: it is what times are relative to', () => {
    const [check] = checks([pair({ isBaseline: true, times: [time(1, 0.1, { quotient: undefined })] })], {
      maxSlowdown: 0,
    });
    expect(check).toMatchObject({ outcome: 'holds', sentence: expect.stringContaining('not interleaved') as string });
  });
});

it('fails where one is broken; where it cannot tell, only when strict', () => {
  const [unsure] = checks([pair()], { maxDropPoints: 1 });
  const [broken] = checks([pair({ answers: [answer(-9, 1)] })], { maxDropPoints: 1 });
  expect([
    gateFails([unsure!], false),
    gateFails([unsure!], true),
    gateFails([broken!], false),
    gateFails([], true),
  ]).toEqual([false, true, true, false]);
  expect(checks([], { maxDropPoints: 1 }, ['mobilenetv2/gone'])).toMatchObject([
    { model: 'mobilenetv2', name: 'gone: missing', outcome: 'unsure' },
  ]);
});

it('a hundred checks do not fail by the one that chance puts just beyond', () => {
  const still = Array.from({ length: 99 }, (_, index) => pair({ answers: [answer(0, 1)] }, `r${index}`));
  // Two standard errors beyond the limit of 0.
  const stray = pair({ answers: [answer(-1.02, 1)] }, 'stray');
  const alone = checks([stray], { maxDropPoints: 0 });
  expect(alone[0]!.outcome).toBe('broken');
  const among = checks([...still, stray], { maxDropPoints: 0 }).at(-1)!;
  expect(among).toMatchObject({ outcome: 'unsure', sentence: expect.stringContaining('among 100 checks') as string });
  const certain = checks([...still, pair({ answers: [answer(-3, 1)] })], { maxDropPoints: 0 }).at(-1)!;
  expect(certain.outcome).toBe('broken');
});

describe('a trial that was done', () => {
  const failed = pair({ candidate: { recipe: 'int8', recipeText: 'quantize.static', status: 'failed' } });

  it('breaks the gate where it fails now, though nothing can be measured of it', () => {
    const found = checks([failed], { maxDropPoints: 0.5 });
    expect(found.find(({ name }) => name === 'int8: result')).toMatchObject({
      outcome: 'broken',
      sentence: expect.stringContaining('it failed') as string,
    });
    expect(gateFails(found, false)).toBe(true);
  });

  it('does not where it failed before', () => {
    const both = { ...failed, reference: failed.candidate };
    expect(checks([both], { maxDropPoints: 0.5 }).some(({ outcome }) => outcome === 'broken')).toBe(false);
  });
});
