import { describe, expect, it } from 'vitest';
import { searchSpecSchema } from '@shared/search';
import { searchRequestSchema } from '@shared/search-state';
import { searchForm, searchGaps, searchRequest, type SearchForm } from '../../../src/renderer/search/search-form';
import { emptyDraft, type SweepDraft } from '../../../src/renderer/sweep/draft';

const draft: SweepDraft = {
  ...emptyDraft(),
  models: ['mobilenetv2', 'resnet50'],
  dataset: { ...emptyDraft().dataset, path: '/data' },
};
const form = (changes: Partial<SearchForm> = {}): SearchForm => ({ ...searchForm(draft), ...changes });

describe('the form of a search', () => {
  it('begins as the command line does, with the networks and the target of the sweep', () => {
    expect(form()).toMatchObject({
      models: ['mobilenetv2', 'resnet50'],
      maxDrop: 1,
      goal: 'both',
      budgetMinutes: 60,
      target: 'ort-cpu x1',
    });
    expect(searchForm(draft, { model: 'resnet50' }).models).toEqual(['resnet50']);
  });

  it('makes a request that the engine takes', () => {
    const request = searchRequest(
      form({ goal: 'size', maxMegabytes: 2.2, maxLatencyRatio: 0.46, budgetMinutes: 90 }),
      draft,
    );
    expect(searchRequestSchema.parse(request)).toEqual({
      models: ['mobilenetv2', 'resnet50'],
      dataset: draft.dataset,
      targets: [{ runtime: 'ort-cpu', threads: 1 }],
      search: { maxDrop: 1, goal: 'size', maxBytes: 2_200_000, maxLatencyRatio: 0.46, budget: '90 min', trials: 500 },
      mayReplace: false,
      seed: 1,
    });
    expect(searchRequest(form({ target: '' }), draft).targets).toEqual([]);
  });

  it('begins with what a sweep file looks for, and asks for the same again', () => {
    const spec = searchSpecSchema.parse({
      maxDrop: 0.5,
      goal: 'latency',
      maxBytes: 2_200_001,
      maxLatencyRatio: 0.46,
      budget: '2h',
      trials: 40,
    });
    const filled = searchForm(draft, { spec });
    expect(filled).toMatchObject({ maxMegabytes: 2.200001, budgetMinutes: 120, models: draft.models });
    expect(searchRequest(filled, draft).search).toEqual({ ...spec, budget: '120 min' });
  });

  it('lets another network win only where there is another', () => {
    expect(searchRequest(form({ mayReplace: true }), draft).mayReplace).toBe(true);
    expect(searchRequest(form({ mayReplace: true, models: ['resnet50'] }), draft).mayReplace).toBe(false);
  });

  it.each<[string, Partial<SearchForm>, SweepDraft, string | undefined, string[]]>([
    ['nothing', {}, draft, undefined, []],
    ['networks', { models: [] }, draft, undefined, ['Choose at least one model.']],
    ['a folder', {}, emptyDraft(), undefined, ['Choose a dataset folder.']],
    ['a readable folder', {}, draft, 'gone', ['The dataset cannot be read: choose another folder.']],
    ['a loss', { maxDrop: undefined }, draft, undefined, ['Correct the numbers.']],
    ['a loss in range', { maxDrop: -1 }, draft, undefined, ['Correct the numbers.']],
    ['a number', { maxMegabytes: Number.NaN }, draft, undefined, ['Correct the numbers.']],
    [
      'a place for times',
      { target: '' },
      draft,
      undefined,
      ['Say where times are measured, or look for the smallest file alone.'],
    ],
    ['no place for times', { target: '', goal: 'size' }, draft, undefined, []],
  ])('asks for %s', (_what, changes, of, problem, gaps) => {
    expect(searchGaps(form(changes), of, problem)).toEqual(gaps);
  });
});
