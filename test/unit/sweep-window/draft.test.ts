import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reactive } from 'vue';
import { parse } from 'yaml';
import { sweepFileSchema } from '../../../src/shared/sweep-file';
import {
  draftFromSweep,
  draftRecipe,
  emptyDraft,
  readDraft,
  sweepFromDraft,
  type UnfinishedSweep,
} from '../../../src/renderer/sweep/draft';
import { gapsOf } from '../../../src/renderer/sweep/gaps';
import type { ListedModel } from '../../../src/renderer/sweep/listed-model';
import { parseSweep } from '../../../src/main/engine/sweep/read-sweep';
import { formatSweep } from '../../../src/main/engine/sweep/write-sweep';
import { findTemplate } from '../../../src/main/engine/techniques/templates';
import { sweepFromTemplate } from '../../../src/shared/sweep-template';

const unfinishedFile = (path: string): UnfinishedSweep =>
  parse(readFileSync(join(import.meta.dirname, '..', '..', '..', path), 'utf8')) as UnfinishedSweep;

const model = (reference: string, more: Partial<ListedModel> = {}): ListedModel => ({
  reference,
  title: reference,
  path: `/zoo/${reference}.onnx`,
  described: true,
  ...more,
});
const dataset = { path: '/data', eval: 100 };
const sweep: UnfinishedSweep = {
  name: 'night',
  models: ['a', 'b'],
  dataset,
  until: '07:00',
  search: { maxDrop: 2, budget: '30 min' },
  limits: { stepMinutes: 30 },
  coolDownSeconds: 5,
  recipes: {
    baseline: [],
    small: [
      'fp16',
      { 'prune.magnitude': { amount: 0.5 } },
      { technique: 'quantize.static', params: { weights: 'tensor' } },
    ],
  },
};

describe('a draft', () => {
  it('holds what a sweep file says, and gives it back', () => {
    expect(sweepFromDraft(draftFromSweep(sweep))).toEqual(sweepFileSchema.parse(sweep));
  });

  it('always writes the baseline first, and never twice', () => {
    const file = sweepFromDraft(draftFromSweep({ ...sweep, recipes: { small: ['fp16'], baseline: [] } }));
    expect(Object.keys(file.recipes)).toEqual(['baseline', 'small']);
    expect(file.recipes.baseline).toEqual([]);
  });

  it('gives every step an identity of its own', () => {
    const { recipes } = draftFromSweep(sweep);
    const ids = recipes.flatMap((recipe) => [recipe.id, ...recipe.steps.map((step) => step.id)]);
    expect(new Set(ids).size).toBe(4);
  });

  it('does not share parameters with the template it came from', () => {
    const params = { amount: 0.5 };
    draftRecipe('copy', [{ technique: 'prune.magnitude', params }]).steps[0]!.params.amount = 0.9;
    expect(params.amount).toBe(0.5);
  });

  it('is copied from what a view watches, with numbers that are none', () => {
    const watched = reactive([{ technique: 'prune.channels', params: { macs: [0.9, NaN], span: { from: 1 } } }]);
    const [step] = draftRecipe('copy', watched).steps;
    expect(step!.params).toEqual({ macs: [0.9, NaN], span: { from: 1 } });
    (step!.params.macs as number[]).push(0.1);
    expect(watched[0]!.params.macs).toHaveLength(2);
  });

  const file = (changes: object): string => formatSweep(sweepFileSchema.parse({ ...sweep, ...changes }), 'a.yaml');

  it.each([
    ['no target', { targets: [] }],
    ['a device', { targets: [{ runtime: 'openvino', device: 'gpu' }] }],
    ['the first device by its name', { targets: [{ runtime: 'openvino', device: 'cpu', threads: 2 }] }],
    ['another machine', { targets: [{ runtime: 'litert', threads: 4, on: 'pi4' }, { runtime: 'litert' }] }],
    ['options', { targets: [{ runtime: 'openvino', options: { precision: 'default' } }, { runtime: 'ort-cpu' }] }],
    ['options that are the defaults', { targets: [{ runtime: 'tflite', options: { xnnpack: true } }] }],
    ['options that are none', { targets: [{ runtime: 'tflite', options: { xnnpack: 'maybe', fast: 3 } }] }],
    ['a runtime that nobody knows', { targets: [{ runtime: 'nonesuch', device: 'usb:1', options: {} }] }],
    ['files of another format', { deploy: { tflite: { input: 'uint8', output: 'int8' } } }],
    ['files without a word', { deploy: { tflite: {}, odd: { a: 1 } } }],
  ])('opened from a file with %s is saved as it was, also after it was stored', (_what, changes) => {
    const written = file(changes);
    const draft = draftFromSweep(parseSweep(written, 'a.yaml'));
    expect(formatSweep(sweepFromDraft(draft), 'a.yaml')).toBe(written);
    const stored = readDraft(JSON.stringify(draft))!;
    expect(formatSweep(sweepFromDraft(stored), 'a.yaml')).toBe(written);
  });

  it('survives storage', () => {
    const draft = draftFromSweep(sweep);
    expect(readDraft(JSON.stringify(draft))).toEqual(draft);
  });

  it.each([null, '', '{', '[]', '"x"', '{"name":"old"}', JSON.stringify({ ...emptyDraft(), targets: [{}] })])(
    'ignores storage it cannot read: %s',
    (stored) => {
      expect(readDraft(stored)).toBeUndefined();
    },
  );

  it('survives storage with numbers as they were typed, but for what is none', () => {
    const draft = draftFromSweep(sweep);
    draft.targets[0]!.threads = 300;
    draft.dataset.calibration = 2.5;
    draft.dataset.eval = NaN;
    draft.recipes[0]!.steps[1]!.params = { amount: 7, other: NaN, macs: [NaN, 0.5], span: { from: NaN, to: 1 } };
    draft.targets[0]!.options = { streams: NaN, fast: true };
    draft.deploy = { tflite: { scale: NaN } };
    const read = readDraft(JSON.stringify(draft))!;
    expect(read.targets[0]!.threads).toBe(300);
    expect(read.dataset).toMatchObject({ calibration: 2.5, eval: 0 });
    expect(read.recipes[0]!.steps[1]!.params).toEqual({
      amount: 7,
      macs: [NaN, 0.5],
      span: { from: NaN, to: 1 },
    });
    expect(read.targets[0]!.options).toEqual({ fast: true });
    expect(read.deploy).toEqual({ tflite: {} });
  });

  it('has a name in the file even when the field is empty', () => {
    expect(sweepFromDraft({ ...emptyDraft(), name: '  ' }).name).toBe('sweep');
  });
});

describe('what is missing', () => {
  const complete = draftFromSweep(sweep);
  const models = [model('a'), model('b')];

  it('is nothing when the sweep can be planned', () => {
    expect(gapsOf(complete, models)).toEqual([]);
  });

  it('starts with a model and a dataset', () => {
    expect(gapsOf(emptyDraft(), [])).toEqual(['Choose at least one model.', 'Choose a dataset folder.']);
  });

  it.each([
    ['a model that is not there', complete, [model('a')], 'The model b cannot be used: remove it or choose another.'],
    [
      'a broken file',
      complete,
      [model('a'), model('b', { problem: 'cut short' })],
      'The model b cannot be used: remove it or choose another.',
    ],
    [
      'unknown preprocessing',
      complete,
      [model('a'), model('b', { described: false })],
      'Say how images are prepared for b.',
    ],
    [
      'a target twice',
      { ...complete, targets: [1, 2, 1].map((threads) => ({ runtime: 'ort-cpu', threads })) },
      models,
      'Two targets are the same: change or remove one.',
    ],
    [
      'too many threads',
      { ...complete, targets: [{ runtime: 'ort-cpu', threads: 300 }] },
      models,
      'Correct the number of threads.',
    ],
    [
      'half an image',
      { ...complete, dataset: { ...complete.dataset, calibration: 0.5 } },
      models,
      'Correct the number of images.',
    ],
    ['no seed', { ...complete, dataset: { ...complete.dataset, seed: NaN } }, models, 'Correct the seed.'],
    [
      'an empty recipe',
      { ...complete, recipes: [draftRecipe('new', [])] },
      models,
      'Add a step to the recipe "new", or delete it.',
    ],
    [
      'a recipe called baseline',
      { ...complete, recipes: [{ ...complete.recipes[0]!, name: 'baseline' }] },
      models,
      'Two recipes are called "baseline": rename one.',
    ],
    [
      'a recipe without a name',
      { ...complete, recipes: [{ ...complete.recipes[0]!, name: ' ' }] },
      models,
      'Give every recipe a name.',
    ],
  ])('names %s', (_title, draft, list, sentence) => {
    expect(gapsOf(draft, list)).toEqual([sentence]);
  });

  it('says each thing once', () => {
    const nameless = [1, 2].map(() => ({ ...complete.recipes[0]!, name: '' }));
    expect(gapsOf({ ...complete, recipes: nameless }, models)).toEqual(['Give every recipe a name.']);
  });

  it('names an unreadable dataset', () => {
    expect(gapsOf(complete, models, 'No dataset')).toEqual(['The dataset cannot be read: choose another folder.']);
  });
});

describe('a template', () => {
  const caseStudy = findTemplate('case-study');
  const from = (present: string[]) => sweepFromTemplate(caseStudy, present, dataset);

  it.each([
    ['examples/case-study.yaml', 7],
    ['resources/starter/sweep.yaml', 6],
  ])('of the case study has the recipes of %s that train nothing, by their names', (path, count) => {
    const recipes = (sweep: UnfinishedSweep) => sweepFromDraft(draftFromSweep(sweep)).recipes;
    const own = Object.fromEntries(
      Object.entries(recipes(unfinishedFile(path))).filter(([name]) => !name.includes('fine-tuned')),
    );
    expect(Object.keys(own)).toHaveLength(count);
    expect(recipes(from([]))).toMatchObject(own);
  });

  it('takes its networks in a fixed order, on the dataset at hand', () => {
    const draft = draftFromSweep(from(['squeezenet1.1', 'other', 'mobilenetv2']));
    expect(draft.models).toEqual(['mobilenetv2', 'squeezenet1.1']);
    expect(draft.dataset).toMatchObject({ path: '/data', eval: 0, calibration: 256 });
    expect(Object.keys(sweepFromDraft(draft).recipes)).toHaveLength(7);
  });

  it('takes what is there when none of its networks is, and may wait for a dataset', () => {
    const draft = draftFromSweep(sweepFromTemplate(caseStudy, ['mine'], { path: '' }));
    expect(draft.models).toEqual(['mine']);
    expect(gapsOf(draft, [model('mine')])).toEqual(['Choose a dataset folder.']);
  });

  const counts = (all: number[], taken: number[]) => ({
    available: { eval: all[0]!, calibration: all[1]!, train: 0 },
    chosen: { eval: taken[0]!, calibration: taken[1]!, train: 0 },
  });
  it.each([
    ['nothing is known of the dataset', 'quick', undefined, { eval: 200, calibration: 64 }],
    ['there are many', 'quick', counts([1000, 1000], [1000, 256]), { eval: 200, calibration: 64 }],
    ['there are few', 'quick', counts([120, 10], [120, 10]), { eval: 120, calibration: 10 }],
    ['a few serve for both', 'quick', counts([0, 20], [0, 20]), { eval: 14, calibration: 6 }],
    ['a few serve for both', 'overnight', counts([0, 20], [0, 20]), { eval: 0, calibration: 6 }],
    ['the sweep before took few', 'overnight', counts([1000, 1000], [200, 64]), { eval: 0, calibration: 256 }],
  ])('takes the images that it says, and never more than there are: %s, %s', (_where, id, known, images) => {
    expect(sweepFromTemplate(findTemplate(id), ['mine'], { path: '/data', eval: 7 }, known).dataset).toMatchObject(
      images,
    );
  });
});
