import { describe, expect, it } from 'vitest';
import { presentRun } from '@shared/presenter/reading';
import { shownRows, type ReportView } from '@shared/presenter/report-view';
import { latency, run, target, trial } from '../matrix/trials';

const timed = (recipe: string, ratio: number, low: number, high: number) =>
  trial({ recipe, recipeText: recipe }, { sizeBytes: 1e6, latency: [latency({ ratio, ratioInterval: [low, high] })] });
const presentation = presentRun(
  run([
    trial({ recipe: 'baseline' }, { sizeBytes: 4e6, latency: [latency({ ratio: 1, ratioInterval: [0.99, 1.01] })] }),
    timed('fast', 0.5, 0.48, 0.52),
    timed('same', 1, 0.97, 1.03),
    timed('slow', 2, 1.9, 2.1),
    trial({ recipe: 'better', recipeText: 'better' }, { n: 100, top1: 80, top1Delta: 5, top1DeltaInterval: [2, 8] }),
    trial({ recipe: 'waiting', recipeText: 'waiting' }, {}),
  ]),
);
const names = (view: Partial<ReportView>): string[] =>
  shownRows(presentation, { filter: '', sort: null, ...view }, target).map(({ recipe }) => recipe);

describe('which rows are shown', () => {
  it('only those with a clear difference of time or top-1, and the baseline', () => {
    expect(names({ onlyClear: true })).toEqual(['baseline', 'fast', 'slow', 'better']);
    // Sizes are exact: a file of a quarter is no reason by itself.
    expect(names({ onlyClear: true })).not.toContain('same');
  });
  it('pinned ones below the baseline, whatever is filtered, left out or sorted', () => {
    expect(names({ pinned: ['waiting', 'same'] })).toEqual(['baseline', 'same', 'waiting', 'fast', 'slow', 'better']);
    expect(names({ pinned: ['same'], onlyClear: true, filter: 'slow' })).toEqual(['baseline', 'same', 'slow']);
    const sort = { model: 'mobilenetv2', metric: 'ratio', descending: true } as const;
    expect(names({ pinned: ['fast'], sort })).toEqual(['baseline', 'fast', 'slow', 'same', 'better', 'waiting']);
    expect(names({ pinned: ['baseline', 'unheard'] })).toHaveLength(6);
  });
  it('by the networks that are shown alone', () => {
    const other = trial({ model: 'net', recipe: 'fast', recipeText: 'fast' }, {});
    const both = presentRun(run([...presentation.run.trials, trial({ model: 'net', recipe: 'baseline' }), other]));
    const shown = (models: string[]) =>
      shownRows(both, { filter: '', sort: null, onlyClear: true, models }, target).map(({ recipe }) => recipe);
    expect(shown(['net'])).toEqual(['baseline']);
    expect(shown(['mobilenetv2'])).toContain('fast');
  });
});
