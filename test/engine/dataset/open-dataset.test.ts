import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { datasetSpecSchema, type DatasetSpec } from '@shared/dataset';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../../src/main/engine/dataset/dataset';
import { summarize } from '../../../src/main/engine/dataset/dataset-summary';
import { imagenetSynsets } from '../../../src/main/engine/dataset/imagenet-classes';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { jpeg, temporaryFolder, writeTree } from './photographs';

const shared = resolve(process.env.WHITTLE_SHARED ?? '../shared');
const starter = resolve('resources/starter/dataset');

type Spec = Partial<DatasetSpec> & { path: string };
const open = (spec: Spec, cacheFolder = temporaryFolder()): Promise<Dataset> =>
  openDataset(datasetSpecSchema.parse({ calibration: 0, ...spec }), { cacheFolder });
const tree = (files: Parameters<typeof writeTree>[1]): Promise<string> => writeTree(temporaryFolder(), files);
/** File names with labels, sorted. */
const labelsOf = (dataset: Dataset): string[] =>
  dataset.eval.entries.map((entry) => `${basename(entry.path)} ${entry.label}`).sort();
const json = (value: unknown): string => JSON.stringify(value);

describe('layouts', () => {
  test('class folders of synsets, a subset of ImageNet', async () => {
    const dataset = await open({
      path: await tree({ 'n03888257/a.JPEG': 1, 'n01440764/b.jpg': 2, 'n02102040/c.png': 3 }),
    });
    expect(labelsOf(dataset)).toEqual(['a.JPEG 701', 'b.jpg 0', 'c.png 217']);
    expect(dataset).toMatchObject({
      labels: 'imagenet-1k',
      classes: 1000,
      layout: 'class folders (synsets)',
      labelled: true,
    });
  });

  test('a folder that is no synset beside the others is reported', async () => {
    const dataset = await open({
      path: await tree({ 'n01440764/a.jpg': 1, 'n02102040/b.jpg': 2, 'misc/c.jpg': 3, 'd.jpg': 4 }),
    });
    expect(labelsOf(dataset)).toEqual(['a.jpg 0', 'b.jpg 217']);
    expect(dataset.problems.map((problem) => basename(problem.file))).toEqual(['misc', 'd.jpg']);
  });

  test('class folders of ImageNet names', async () => {
    const dataset = await open({ path: await tree({ 'tench/a.jpg': 1, 'great_white_shark/b.jpg': 2 }) });
    expect(labelsOf(dataset)).toEqual(['a.jpg 0', 'b.jpg 2']);
    expect(dataset.labels).toBe('imagenet-1k');
  });

  test('class folders of other names are numbered in sorted order', async () => {
    const dataset = await open({ path: await tree({ 'weeds/a.jpg': 1, 'Crop/b.jpg': 2, 'soil/deeper/c.jpg': 3 }) });
    expect(labelsOf(dataset)).toEqual(['a.jpg 2', 'b.jpg 0', 'c.jpg 1']);
    expect(dataset.labelNames).toEqual(['Crop', 'soil', 'weeds']);
    expect(dataset.labels).toBeUndefined();
  });

  test('class folders of numbers are those classes, not the order of their names', async () => {
    const dataset = await open({ path: await tree({ '2/a.jpg': 1, '10/b.jpg': 2 }) });
    expect(labelsOf(dataset)).toEqual(['a.jpg 2', 'b.jpg 10']);
    expect(dataset.classes).toBe(11);
  });

  test('train and val folders are splits with one class list', async () => {
    const path = await tree({
      'train/x/1.jpg': 1,
      'train/y/2.jpg': 2,
      'train/z/3.jpg': 3,
      'val/x/4.jpg': 4,
      'val/z/5.jpg': 5,
    });
    const dataset = await open({ path, calibration: 1, train: 2 });
    expect(labelsOf(dataset)).toEqual(['4.jpg 0', '5.jpg 2']);
    expect(dataset.available).toEqual({ calibration: 3, train: 2, eval: 2 });
    const fromTrain = [...dataset.calibration.entries, ...dataset.train.entries].map((entry) => basename(entry.path));
    expect(fromTrain.sort()).toEqual(['1.jpg', '2.jpg', '3.jpg']);
  });

  test('a folder of images has no labels', async () => {
    for (const path of [
      await tree({ 'a.jpg': 1, 'b.webp': 2 }),
      await tree({ 'images/a.jpg': 1, 'images/b.webp': 2 }),
    ]) {
      const dataset = await open({ path });
      expect(labelsOf(dataset)).toEqual(['a.jpg -1', 'b.webp -1']);
      expect(dataset).toMatchObject({ labelled: false, layout: 'no labels', classes: 0 });
    }
  });

  test.each(['', 'val/', 'ILSVRC2012_img_val/'])('val.txt with images in "%s"', async (folder) => {
    const path = await tree({
      [`${folder}ILSVRC2012_val_00000001.JPEG`]: 1,
      [`${folder}ILSVRC2012_val_00000002.JPEG`]: 2,
      'val.txt': '\uFEFFILSVRC2012_val_00000001.JPEG 65\r\nILSVRC2012_val_00000002.JPEG n01440764\r\n\r\n',
    });
    const dataset = await open({ path });
    expect(labelsOf(dataset)).toEqual(['ILSVRC2012_val_00000001.JPEG 65', 'ILSVRC2012_val_00000002.JPEG 0']);
    expect(dataset).toMatchObject({ labels: 'imagenet-1k', classes: 1000, layout: 'val.txt' });
  });

  test('val.txt of a dataset of its own', async () => {
    const dataset = await open({ path: await tree({ 'a b.jpg': 1, 'c.jpg': 2, 'val.txt': 'a b.jpg 4\nc.jpg,1' }) });
    expect(labelsOf(dataset)).toEqual(['a b.jpg 4', 'c.jpg 1']);
    expect(dataset).toMatchObject({ labels: undefined, classes: 5 });
  });

  test("Kaggle's solution file", async () => {
    const path = await tree({
      'ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00048981.JPEG': 1,
      'ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00037956.JPEG': 2,
      'LOC_val_solution.csv':
        'ImageId,PredictionString\nILSVRC2012_val_00048981,n03995372 85 1 499 272 \nILSVRC2012_val_00037956,n01440764 1 2 3 4 n01440764 5 6 7 8 ',
    });
    const dataset = await open({ path });
    expect(labelsOf(dataset)).toEqual(['ILSVRC2012_val_00037956.JPEG 0', 'ILSVRC2012_val_00048981.JPEG 740']);
  });

  describe("the devkit's ground truth", () => {
    // An order that is not the class order, as the devkit's is not.
    const ids = [...imagenetSynsets.slice(500), ...imagenetSynsets.slice(0, 500)];
    const files = {
      'ILSVRC2012_val_00000001.JPEG': 1,
      'ILSVRC2012_val_00000002.JPEG': 2,
      'ILSVRC2012_validation_ground_truth.txt': '501\n1\n',
    };
    test.each([
      ['map_clsloc.txt', ids.map((synset, index) => `${synset} ${index + 1} name`).join('\n')],
      ['synsets.txt', ids.join('\n')],
      ['LOC_synset_mapping.txt', ids.map((synset, index) => `${index + 1} ${synset}`).join('\n')],
    ])('with %s', async (name, mapping) => {
      const dataset = await open({ path: await tree({ ...files, [name]: mapping }) });
      expect(labelsOf(dataset)).toEqual(['ILSVRC2012_val_00000001.JPEG 0', 'ILSVRC2012_val_00000002.JPEG 500']);
    });

    test.each([
      ['nothing', {}],
      [
        'a list in class order',
        { 'LOC_synset_mapping.txt': imagenetSynsets.map((synset) => `${synset} name`).join('\n') },
      ],
      ['a list that lacks classes', { 'synsets.txt': ids.slice(1).join('\n') }],
    ])('is not guessed from %s', async (_name, more) => {
      await expect(open({ path: await tree({ ...files, ...more }) })).rejects.toMatchObject({
        code: 'dataset.synsets-missing',
      });
    });
  });

  test('dataset.json, by its folder or by its path', async () => {
    const path = await tree({
      'dataset.json': json({
        name: 'mine',
        labelNames: ['cat', 'dog', 'elk'],
        eval: { images: 'e', labels: 'e.txt', alreadyResized: true },
        calibration: { images: 'c', layout: 'flat' },
        train: { images: 't', layout: 'class-folders' },
      }),
      'e.txt': 'a.jpg 2\nb.jpg dog',
      'e/a.jpg': 1,
      'e/b.jpg': 2,
      'c/x/c.jpg': 3,
      't/elk/d.jpg': 4,
      't/cat/e.jpg': 5,
    });
    for (const given of [path, join(path, 'dataset.json')]) {
      const dataset = await open({ path: given, calibration: 1, train: 2 });
      expect(labelsOf(dataset)).toEqual(['a.jpg 2', 'b.jpg 1']);
      expect(dataset.calibration.entries.map((entry) => entry.label)).toEqual([-1]);
      expect(dataset.train.entries.map((entry) => entry.label).sort()).toEqual([0, 2]);
      expect([dataset.eval, dataset.calibration, dataset.train].map((set) => set.alreadyResized)).toEqual([
        true,
        false,
        false,
      ]);
      expect(dataset).toMatchObject({ name: 'mine', classes: 3, labelNames: ['cat', 'dog', 'elk'] });
    }
    expect((await open({ path, alreadyResized: false })).eval.alreadyResized).toBe(false);
  });

  test('the layout "list" takes only the images that are named', async () => {
    const path = await tree({
      'dataset.json': json({ eval: { images: '.', labels: 'list.txt', layout: 'list' } }),
      'list.txt': 'deep/a.jpg 0',
      'deep/a.jpg': 1,
      'deep/b.jpg': 2,
      'c.jpg': 3,
    });
    const dataset = await open({ path });
    expect(labelsOf(dataset)).toEqual(['a.jpg 0']);
    expect(dataset.problems).toEqual([]);
  });
});

describe('what is wrong is said', () => {
  test.each<[string, Parameters<typeof writeTree>[1], object]>([
    ['no images', { 'notes.txt': 'x' }, { code: 'dataset.empty' }],
    ['only hidden images', { '._a.jpg': 'x' }, { code: 'dataset.empty' }],
    [
      'a class that is no number',
      { 'a.jpg': 1, 'val.txt': 'a.jpg 0\nb.jpg zero' },
      { code: 'dataset.labels-invalid', facts: { line: 2 } },
    ],
    [
      'a line without a class',
      { 'a.jpg': 1, 'val.txt': '\n\na.jpg' },
      { code: 'dataset.labels-invalid', facts: { line: 3 } },
    ],
    ['a negative class', { 'a.jpg': 1, 'val.txt': 'a.jpg -3' }, { code: 'dataset.labels-invalid', facts: { line: 1 } }],
    [
      'class 1000 of ImageNet',
      { 'ILSVRC2012_val_00000001.JPEG': 1, 'val.txt': 'ILSVRC2012_val_00000001.JPEG 1000' },
      { code: 'dataset.labels-invalid', facts: { line: 1, maxClass: 999 } },
    ],
    ['labels of other images', { 'a.jpg': 1, 'val.txt': 'b.jpg 0\nc.jpg 1' }, { code: 'dataset.labels-mismatch' }],
    [
      'most images without a label',
      { 'a.jpg': 1, 'b.jpg': 2, 'c.jpg': 3, 'val.txt': 'a.jpg 0' },
      { code: 'dataset.labels-mismatch' },
    ],
    ['a name that leads outside', { 'a.jpg': 1, 'val.txt': 'a.jpg 0\n../b.jpg 1' }, { code: 'dataset.path-outside' }],
    ['broken JSON', { 'a.jpg': 1, 'dataset.json': '{' }, { code: 'dataset.spec-invalid' }],
    ['no split', { 'a.jpg': 1, 'dataset.json': '{}' }, { code: 'dataset.spec-invalid' }],
    [
      'an unknown field',
      { 'a.jpg': 1, 'dataset.json': json({ eval: { images: '.', label: 'x' } }) },
      { code: 'dataset.spec-invalid' },
    ],
    [
      'a folder that is not there',
      { 'a.jpg': 1, 'dataset.json': json({ eval: { images: 'b' } }) },
      { code: 'dataset.spec-invalid' },
    ],
    [
      'a label file that is not there',
      { 'a.jpg': 1, 'dataset.json': json({ eval: { images: '.', labels: 'b.txt' } }) },
      { code: 'dataset.labels-missing' },
    ],
    [
      'images outside',
      { 'a.jpg': 1, 'dataset.json': json({ eval: { images: '../..' } }) },
      { code: 'dataset.path-outside' },
    ],
    [
      'an absolute folder',
      { 'a.jpg': 1, 'dataset.json': json({ eval: { images: '/tmp' } }) },
      { code: 'dataset.path-outside' },
    ],
    [
      'labels outside',
      { 'a.jpg': 1, 'dataset.json': json({ eval: { images: '.', labels: '../l.txt' } }) },
      { code: 'dataset.path-outside' },
    ],
    [
      'a class beyond labelNames',
      {
        'a.jpg': 1,
        'l.txt': 'a.jpg 2',
        'dataset.json': json({ labelNames: ['x', 'y'], eval: { images: '.', labels: 'l.txt' } }),
      },
      { code: 'dataset.labels-invalid', facts: { line: 1, maxClass: 1 } },
    ],
  ])('%s', async (_name, files, error) => {
    await expect(open({ path: await tree(files) })).rejects.toMatchObject(error);
  });

  test('a missing folder', async () => {
    await expect(open({ path: join(temporaryFolder(), 'nowhere') })).rejects.toMatchObject({
      code: 'dataset.not-found',
    });
  });

  test('a few images without a label, and labels without an image', async () => {
    const path = await tree({ 'a.jpg': 1, 'b.jpg': 2, 'c.jpg': 3, 'val.txt': 'a.jpg 0\nb.jpg 1\ngone.jpg 1' });
    const dataset = await open({ path });
    expect(labelsOf(dataset)).toEqual(['a.jpg 0', 'b.jpg 1']);
    expect(dataset.problems.map((problem) => basename(problem.file))).toEqual(['gone.jpg', 'c.jpg']);
  });

  test('a label file of a larger dataset is one line, not thousands', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `${index}.jpg 0`).join('\n');
    const dataset = await open({ path: await tree({ '1.jpg': 1, 'val.txt': lines }) });
    expect(dataset.eval.entries).toHaveLength(1);
    expect(dataset.problems).toHaveLength(21);
    expect(dataset.problems[20]!.message).toMatch(/And 4978 more/);
  });

  test.each(['eval', 'calibration', 'train'] as const)('too few images for %s', async (split) => {
    const path = await tree({ 'a.jpg': 1, 'b.jpg': 2, 'c.jpg': 3 });
    await expect(open({ path, [split]: 4 })).rejects.toMatchObject({
      code: 'dataset.too-few',
      facts: { split, available: 3, wanted: 4 },
    });
  });
});

describe('splits of files', () => {
  const many = Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`${index % 3}/${index}.jpg`, index]));

  test('depend on contents, not on where the files lie', async () => {
    const path = await tree(many);
    const spec = { eval: 6, calibration: 6, train: 6, seed: 3 };
    const before = await open({ path, ...spec });
    expect(before.available).toEqual({ calibration: 24, train: 18, eval: 12 });
    for (const name of Object.keys(many))
      renameSync(
        join(path, name),
        join(
          path,
          name.replace(/(\d+)\.jpg/, (_, n) => `x${99 - Number(n)}.jpeg`),
        ),
      );
    const moved = join(temporaryFolder(), 'elsewhere');
    cpSync(path, moved, { recursive: true });
    const after = await open({ path: moved, ...spec });
    expect(after.fingerprint).toBe(before.fingerprint);
    for (const split of ['eval', 'calibration', 'train'] as const) {
      expect(after[split].entries.map((entry) => entry.hash)).toEqual(before[split].entries.map((entry) => entry.hash));
      expect([0, 1, 2].map((label) => before[split].entries.filter((entry) => entry.label === label).length)).toEqual([
        2, 2, 2,
      ]);
    }
    expect((await open({ path, ...spec, seed: 4 })).fingerprint).not.toBe(before.fingerprint);
    expect((await open({ path, ...spec, alreadyResized: true })).fingerprint).not.toBe(before.fingerprint);
  });

  test('leave images of eval out of the others, whatever their names', async () => {
    const path = await tree({ 'val/x/a.jpg': 1, 'val/x/same.jpg': 1, 'train/x/other-name.jpg': 1, 'train/x/b.jpg': 2 });
    const dataset = await open({ path, train: 1 });
    expect(dataset.eval.entries).toHaveLength(1);
    expect(dataset.train.entries.map((entry) => basename(entry.path))).toEqual(['b.jpg']);
    expect(dataset.problems.map((problem) => problem.message).join()).toMatch(
      /1 images for train are also in .+ left out of train: other-name\.jpg\./,
    );
    await expect(open({ path, train: 2 })).rejects.toMatchObject({ code: 'dataset.too-few', facts: { available: 1 } });
  });

  test('links are followed, loops end', async () => {
    const path = await tree({ 'x/a.jpg': 1, 'y/b.jpg': 2 });
    const outside = await tree({ 'c.jpg': 3 });
    symlinkSync(join(outside, 'c.jpg'), join(path, 'x', 'linked.jpg'));
    symlinkSync(path, join(path, 'y', 'loop'));
    symlinkSync(join(path, 'nowhere'), join(path, 'x', 'broken.jpg'));
    expect(labelsOf(await open({ path }))).toEqual(['a.jpg 0', 'b.jpg 1', 'linked.jpg 0']);
  });
});

describe('remembered hashes', () => {
  const indexFile = (cacheFolder: string): string =>
    join(cacheFolder, 'hashes', readdirSync(join(cacheFolder, 'hashes'))[0]!);

  test('are used while size and time are the same, and renewed when they are not', async () => {
    const path = await tree({ 'a.jpg': 1, 'b.jpg': 2 });
    const cacheFolder = temporaryFolder();
    const first = await open({ path }, cacheFolder);
    const time = new Date('2020-01-01');
    const same = readFileSync(join(path, 'a.jpg'));
    utimesSync(join(path, 'a.jpg'), time, time);
    await open({ path }, cacheFolder);
    // Other bytes, same size and time: whoever sees the old hash did not read the file.
    writeFileSync(join(path, 'a.jpg'), Buffer.alloc(same.length));
    utimesSync(join(path, 'a.jpg'), time, time);
    expect((await open({ path }, cacheFolder)).fingerprint).toBe(first.fingerprint);
    utimesSync(join(path, 'a.jpg'), time, new Date('2021-01-01'));
    const renewed = await open({ path }, cacheFolder);
    expect(renewed.eval.entries.map((entry) => entry.hash)).toContain(
      createHash('sha256').update(Buffer.alloc(same.length)).digest('hex'),
    );
  });

  test.each<[string, (path: string) => void]>([
    ['deleted', (path) => rmSync(path)],
    ['emptied', (path) => writeFileSync(path, '')],
    ['cut', (path) => writeFileSync(path, readFileSync(path).subarray(0, 150))],
    ['changed', (path) => writeFileSync(path, readFileSync(path, 'utf8').replace(/\n[0-9a-f]{8}/g, '\n00000000'))],
    ['replaced by a folder', (path) => (rmSync(path), mkdirSync(path))],
  ])('do no harm when %s', async (_name, damage) => {
    const path = await tree({ 'a.jpg': 1, 'b.jpg': 2, 'c.jpg': 3 });
    const cacheFolder = temporaryFolder();
    const first = await open({ path }, cacheFolder);
    damage(indexFile(cacheFolder));
    expect((await open({ path }, cacheFolder)).fingerprint).toBe(first.fingerprint);
  });

  test('a cancelled opening throws, the next goes on', async () => {
    const path = await tree({ 'a.jpg': 1, 'b.jpg': 2 });
    const spec = datasetSpecSchema.parse({ path, calibration: 0 });
    const cacheFolder = temporaryFolder();
    const cancelled = openDataset(spec, { cacheFolder, signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const progress: number[] = [];
    await openDataset(spec, { cacheFolder, progress: (done, total) => progress.push(done / total) });
    expect(progress).toEqual([0.5, 1]);
  });
});

test('the summary shows counts and a few images of different classes', async () => {
  const path = await tree({ 'x/1.jpg': await jpeg(1), 'x/2.jpg': 2, 'y/3.jpg': 3, 'y/4.jpg': 4 });
  const summary = summarize(await open({ path, calibration: 2 }));
  expect(summary).toMatchObject({
    chosen: { calibration: 2, train: 0, eval: 2 },
    classes: 2,
    labelled: true,
    problems: [],
  });
  expect(summary.samples.map((sample) => sample.label).sort()).toEqual(['x', 'y']);
});

test('the starter dataset', async () => {
  const dataset = await open({ path: starter, calibration: 10 });
  expect(dataset.labels).toBe('starter-10');
  expect(dataset.classes).toBe(10);
  expect(new Set(dataset.calibration.entries.map((entry) => entry.label)).size).toBe(10);
  expect(dataset.problems).toEqual([]);
});

describe.skipIf(!existsSync(join(shared, 'imagenet')))(`photographs (skipped without ${shared}/imagenet)`, () => {
  test('the ImageNet subset', async () => {
    const dataset = await open({ path: join(shared, 'imagenet'), eval: 1000, calibration: 256 });
    expect(dataset.eval.entries).toHaveLength(1000);
    expect(dataset.calibration.entries).toHaveLength(256);
    expect(dataset.eval.alreadyResized).toBe(true);
    const expected = readFileSync(join(shared, 'imagenet/val.txt'), 'utf8').trim().split('\n').sort();
    expect(labelsOf(dataset)).toEqual(expected);
  });

  test('Imagenette, with and without its dataset.json', async () => {
    const path = join(shared, 'imagenette');
    const dataset = await open({ path, calibration: 100, train: 500 });
    expect(dataset).toMatchObject({ labels: 'imagenet-1k', classes: 1000 });
    for (const entry of [...dataset.eval.entries, ...dataset.train.entries]) {
      expect(imagenetSynsets[entry.label]).toBe(entry.path.split('/').at(-2));
    }
    const counts = new Map<number, number>();
    for (const { label } of dataset.train.entries) counts.set(label, (counts.get(label) ?? 0) + 1);
    expect(counts.size).toBe(10);

    const linked = temporaryFolder();
    for (const split of ['train', 'val']) symlinkSync(join(path, split), join(linked, split));
    const recognised = await open({ path: linked, alreadyResized: true, calibration: 100, train: 500 });
    expect(recognised.fingerprint).toBe(dataset.fingerprint);
  });
});
