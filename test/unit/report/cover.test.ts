import { describe, expect, it } from 'vitest';
import type { Interval, TrialMetrics } from '@shared/metrics';
import { reportViewSchema } from '@shared/presenter/report-view';
import type { TrialView } from '@shared/run';
import { reportOf, type Report } from '../../../src/main/engine/report/report-model';
import { latency, run, trial } from '../matrix/trials';
import { largeRun } from './large-run';

/** Figures of a trial: megabytes, time ratio, top-1 change with its interval. */
function figures(megabytes: number, ratio: number, delta: number, half = 1): Partial<TrialMetrics> {
  const top1DeltaInterval: Interval = [delta - half, delta + half];
  return {
    sizeBytes: megabytes * 1e6,
    n: 400,
    top1: 80 + delta,
    top1Delta: delta,
    top1DeltaInterval,
    latency: [latency({ ratio, ratioInterval: [ratio * 0.98, ratio * 1.02] })],
  };
}
const baseline = (model: string): TrialView =>
  trial(
    { model, recipe: 'baseline' },
    { sizeBytes: 10e6, n: 400, top1: 80, latency: [latency({ ratio: 1, ratioInterval: [0.99, 1.01] })] },
  );
const cover = (trials: TrialView[], view: object = {}): Report['cover'] =>
  reportOf(run(trials), reportViewSchema.parse(view)).cover;

describe('the verdict', () => {
  const trials = [
    baseline('net'),
    trial({ model: 'net', recipe: 'int8' }, figures(2.5, 0.5, -0.5)),
    trial({ model: 'net', recipe: 'int4' }, figures(1.5, 1.0, -0.8)),
    trial({ model: 'net', recipe: 'broken' }, figures(0.5, 0.2, -30)),
    trial({ model: 'net', recipe: 'guessing', collapsed: 'it guesses' }, figures(0.4, 0.1, -0.1)),
  ];

  it('names the smallest and the fastest without a clear loss, what they lose and on how many images', () => {
    const { sentences, best } = cover(trials);
    expect(sentences).toEqual([
      'Without a clear loss of top-1 and without 1 that collapsed, int4 is the smallest net (×0.15 of the size) and int8 the fastest (×0.50 of the time [0.49, 0.51]).',
      'Top-1 changes by −0.8 points [−1.8, +0.2] with int4 of net, by −0.5 points [−1.5, +0.5] with int8 of net.',
      'Top-1 is of 400 images, the same for a model and all its recipes; times are of ort-cpu x1 on CPU, each beside its reference in 20 rounds; intervals hold 95 %.',
    ]);
    expect(best.rows.map(([, what, recipe]) => [what, recipe])).toEqual([
      ['smallest', 'int4'],
      ['fastest', 'int8'],
    ]);
  });

  it('says of one recipe that is both so once', () => {
    const [best] = cover(trials.slice(0, 2)).sentences;
    expect(best).toBe(
      'Without a clear loss of top-1, int8 is the smallest and the fastest net (×0.25 of the size, ×0.50 of the time [0.49, 0.51]).',
    );
  });

  it.each([
    [{ maxDropPoints: 2 }, 'int4', 'int8'],
    [{ maxDropPoints: 1.6 }, 'int8', 'int8'],
    [{ maxDropPoints: 40 }, 'broken', 'broken'],
    [{ maxDropPoints: 2, maxBytes: 2e6 }, 'int4', undefined],
    [{ maxDropPoints: 2, maxLatencyRatio: 0.52 }, 'int8', 'int8'],
    [{ maxDropPoints: 2, maxLatencyRatio: 0.5 }, undefined, undefined],
  ])('keeps the budget %j by the ends of the intervals', (budget, smallest, fastest) => {
    const { sentences, best } = cover(trials, { budget });
    const named = (what: string): string | undefined => best.rows.find((row) => row[1]!.includes(what))?.[2];
    expect([named('smallest'), named('fastest')]).toEqual([smallest, fastest]);
    expect(sentences[0]).toMatch(/^Within the budget \(at most .* of top-1 lost.*\) and without 1 that collapsed, /);
  });

  it('follows the filter and what was picked', () => {
    expect(cover(trials, { only: ['int8'] }).best.rows.map((row) => row[2])).toEqual(['int8']);
    expect(cover(trials, { filter: 'int4' }).best.rows.map((row) => row[2])).toEqual(['int4']);
  });

  it('recommends nothing where nothing gains', () => {
    const { sentences } = cover([baseline('net'), trial({ model: 'net', recipe: 'big' }, figures(12, 1.4, 0))]);
    expect(sentences[0]).toBe('Without a clear loss of top-1, no recipe shown makes net clearly smaller or faster.');
    expect(sentences[1]).toMatch(/^Nothing is recommended/);
  });

  it('says that top-1 was not measured', () => {
    const { sentences } = cover([
      trial({ model: 'net', recipe: 'baseline' }, { sizeBytes: 10e6 }),
      trial({ model: 'net', recipe: 'int8' }, { sizeBytes: 2.5e6 }),
    ]);
    expect(sentences[0]).toBe(
      'By size and time alone, since top-1 was not measured, int8 is the smallest net (×0.25 of the size).',
    );
    expect(sentences[1]).toMatch(/^What they lose is not known/);
    expect(sentences[2]).toBe('No image was evaluated; no times were measured; intervals hold 95 %.');
  });

  it('leaves many networks to its table', () => {
    const { sentences, best } = cover(largeRun().trials);
    expect(sentences[0]).toMatch(/, \d+ of 10 models become clearly smaller or faster; the table names/);
    expect(new Set(best.rows.map(([model]) => model)).size).toBe(10);
    expect(sentences[1]).toMatch(/^Of the \d+ named, the one that changes top-1 most for the worse does so by −/);
  });
});
