import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { datasetSpecSchema, type DatasetSpec } from '@shared/dataset';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../../src/main/engine/dataset/dataset';
import { summarize } from '../../../src/main/engine/dataset/dataset-summary';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { whittle } from '../cli/whittle';
import { temporaryFolder, writeTree } from './photographs';

const open = (spec: Partial<DatasetSpec> & { path: string }): Promise<Dataset> =>
  openDataset(datasetSpecSchema.parse({ calibration: 2, ...spec }), { cacheFolder: temporaryFolder() });
const tree = (files: Parameters<typeof writeTree>[1]): Promise<string> => writeTree(temporaryFolder(), files);
/** File names with labels, sorted. */
const trainingOf = ({ train }: Dataset): string[] =>
  train.entries.map((entry) => `${basename(entry.path)} ${entry.label}`).sort();

/** Eight images of two classes. */
const evaluated = Object.fromEntries(
  Array.from({ length: 8 }, (_, index) => [`${index % 2 ? 'dog' : 'cat'}/${index}.jpg`, index]),
);

describe('training images of another folder', () => {
  test('leave evaluation and calibration as they are', async () => {
    const path = await tree(evaluated);
    const trainPath = await tree({ 'cat/a.jpg': 20, 'dog/b.jpg': 21 });
    const [without, beside] = [await open({ path }), await open({ path, trainPath })];
    expect(beside.eval).toEqual(without.eval);
    expect(beside.calibration).toEqual(without.calibration);
    expect(without.train.entries).toEqual([]);
    expect(trainingOf(beside)).toEqual(['a.jpg 0', 'b.jpg 1']);
    expect(beside.trainingFolder).toEqual({ path: trainPath, layout: 'class folders (sorted names)', labelled: true });
    expect(beside.fingerprint).not.toBe(without.fingerprint);
    expect(summarize(beside)).toMatchObject({
      available: { train: 2 },
      chosen: { train: 2 },
      trainingFolder: { path: trainPath },
    });
  });

  test('are left out where they are evaluated, and it is said which', async () => {
    const path = await tree(evaluated);
    const copies = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`copy-${index}.jpg`, index]));
    const trainPath = await tree({ ...copies, 'new.jpg': 30 });
    for (const part of [undefined, 'selection', 'confirmation'] as const) {
      const dataset = await open({ path, trainPath, part });
      // Calibration images may be trained on; of the six others none, whichever half is looked at.
      const calibration = dataset.calibration.entries.map((entry) => entry.hash);
      const trained = dataset.train.entries.map((entry) => entry.hash);
      expect(trained).toHaveLength(3);
      expect(trained).toEqual(expect.arrayContaining(calibration));
      expect(dataset.problems[0]!.message).toMatch(
        /^6 of the 9 training images in \S+ are evaluation images too, by their content \(copy-\d\.jpg, copy-\d\.jpg, copy-\d\.jpg and 3 more\); they are left out of training\.$/,
      );
    }
  });

  test('are refused where all of them are evaluated', async () => {
    const path = await tree(evaluated);
    const trainPath = await tree({ 'a.jpg': 0, 'b.jpg': 1 });
    const refused = open({ path, trainPath, calibration: 0 });
    await expect(refused).rejects.toMatchObject({
      code: 'dataset.training-evaluated',
      message: `Every training image in ${trainPath} is an evaluation image of ${path} too, by its content (a.jpg, b.jpg). Give other images for training, or none: then the calibration images serve.`,
    });
  });

  test("get the dataset's class numbers by name, and those of other classes are left out", async () => {
    const path = await tree({ ...evaluated, 'elk/x.jpg': 40 });
    const trainPath = await tree({ 'elk/a.jpg': 20, 'ant/b.jpg': 21, 'Dog/c.jpg': 22, 'bee/d.jpg': 23 });
    const dataset = await open({ path, trainPath });
    expect(dataset.labelNames).toEqual(['cat', 'dog', 'elk']);
    expect(trainingOf(dataset)).toEqual(['a.jpg 2', 'c.jpg 1']);
    expect(dataset.problems[0]!.message).toBe(
      `2 training images in ${trainPath} are of classes that ${path} does not have (ant, bee); they are left out of training.`,
    );
    const foreign = await tree({ 'ant/b.jpg': 21, 'bee/d.jpg': 23 });
    await expect(open({ path, trainPath: foreign })).rejects.toMatchObject({ code: 'dataset.training-classes' });
  });

  test('need no labels, and give their classes to a dataset without', async () => {
    const labelled = await tree(evaluated);
    const flat = await tree({ 'a.jpg': 20, 'b.jpg': 21 });
    const unlabelled = await open({ path: labelled, trainPath: flat });
    expect(trainingOf(unlabelled)).toEqual(['a.jpg -1', 'b.jpg -1']);
    expect(unlabelled).toMatchObject({
      labelled: true,
      labelNames: ['cat', 'dog'],
      trainingFolder: { labelled: false },
    });
    const other = await open({ path: flat, trainPath: labelled, calibration: 1 });
    expect(other).toMatchObject({ labelled: false, labelNames: ['cat', 'dog'], classes: 2 });
    expect(other.train.entries).toHaveLength(8);
  });

  test('are as many as asked for, of all classes; too few are said', async () => {
    const path = await tree({ 'x.jpg': 60 });
    const trainPath = await tree(evaluated);
    const dataset = await open({ path, trainPath, train: 4, calibration: 0 });
    expect(dataset.available.train).toBe(8);
    expect(dataset.train.entries.map(({ label }) => label).sort()).toEqual([0, 0, 1, 1]);
    await expect(open({ path, trainPath, train: 9, calibration: 0 })).rejects.toMatchObject({
      code: 'dataset.too-few',
      facts: { path: trainPath, split: 'train', available: 8, wanted: 9 },
    });
  });

  test('are those of its dataset.json for training, else for calibration', async () => {
    const path = await tree({ 'x.jpg': 60 });
    const file = { eval: { images: 'e' }, calibration: { images: 'c', labels: 'c.txt', alreadyResized: true } };
    const files = { 'e/1.jpg': 1, 'c/2.jpg': 2, 'c.txt': '2.jpg 3', 't/3.jpg': 3 };
    const calibration = await tree({ ...files, 'dataset.json': JSON.stringify(file) });
    const dataset = await open({ path, trainPath: calibration, calibration: 0 });
    expect(trainingOf(dataset)).toEqual(['2.jpg 3']);
    expect(dataset.train.alreadyResized).toBe(true);
    const train = await tree({ ...files, 'dataset.json': JSON.stringify({ ...file, train: { images: 't' } }) });
    expect(trainingOf(await open({ path, trainPath: join(train, 'dataset.json'), calibration: 0 }))).toEqual([
      '3.jpg -1',
    ]);
  });

  test('of a folder that is not there, or empty', async () => {
    const path = await tree({ 'x.jpg': 60 });
    const nowhere = join(path, 'nowhere');
    const missing = open({ path, trainPath: nowhere, calibration: 0 });
    await expect(missing).rejects.toMatchObject({ code: 'dataset.not-found', facts: { path: nowhere } });
    const empty = join(temporaryFolder(), 'empty');
    mkdirSync(empty);
    await expect(open({ path, trainPath: empty, calibration: 0 })).rejects.toMatchObject({ code: 'dataset.empty' });
  });

  test('are shown by the command line', async () => {
    const path = await tree(evaluated);
    const trainPath = await tree({ 'a.jpg': 0, 'b.jpg': 50 });
    const { code, stdout } = await whittle(path, 'datasets', path, '--calibration', '0', '--train', trainPath);
    expect(code).toBe(0);
    expect(stdout).toContain(`  training     no labels in ${trainPath}\n`);
    expect(stdout).toContain('chosen       eval 8, calibration 0, train 1\n');
    expect(stdout).toContain('  skipped      1 of the 2 training images in');
  });
});
