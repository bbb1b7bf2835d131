import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { datasetSpecSchema, type Split } from '@shared/dataset';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../../src/main/engine/create-engine';
import { checkSplits } from '../../../src/main/engine/dataset/check-splits';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import { readImageFile } from '../../../src/main/engine/dataset/image-file';
import { thumbnail } from '../../../src/main/engine/dataset/thumbnail';
import { handlersOf } from '../../../src/main/engine/handlers';
import { smallClassifier } from '../cli/laboratory';
import { whittle } from '../cli/whittle';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { jpeg, picturePixels, temporaryFolder, writeTree } from './photographs';

/** Ten photographs in two folders, one of them damaged below its first rows, one there twice. */
async function photographs(): Promise<string> {
  const whole = await jpeg(5, 600, 400);
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, whole.length / 2, whole.length / 2 + 200);
  return writeTree(temporaryFolder(), {
    'dog/1.jpg': 1,
    'dog/2.jpg': 2,
    'dog/3.jpg': 3,
    'dog/copy-of-1.jpg': 1,
    'dog/damaged.jpg': damaged,
    'dog/cut.jpg': whole.subarray(0, whole.length - 300),
    'cat/6.jpg': 6,
    'cat/not-an-image.jpg': 'text',
    'cat/8.png': await sharp(picturePixels(8, 300, 200), { raw: { width: 300, height: 200, channels: 3 } })
      .png()
      .toBuffer(),
  });
}

/** Splits of these files. */
function splitsOf(paths: Partial<Record<Split, string[]>>): Parameters<typeof checkSplits>[0] {
  const set = <S extends Split>(split: S): ImageSet<S> => ({
    split,
    alreadyResized: false,
    entries: (paths[split] ?? []).map((path) => ({ path, hash: path, label: -1 })),
  });
  return { eval: set('eval'), calibration: set('calibration'), train: set('train') };
}

describe('a closer look at images', () => {
  test('damaged files are found however far down the damage lies', async () => {
    const folder = await photographs();
    const names = ['1.jpg', 'damaged.jpg', 'cut.jpg'].map((name) => join(folder, 'dog', name));
    const dataset = splitsOf({ eval: [...names, join(folder, 'cat/not-an-image.jpg')] });
    const { images, problems } = await checkSplits(dataset);
    expect(images).toBe(4);
    expect(problems.map(({ file }) => basename(file))).toEqual(['damaged.jpg', 'cut.jpg', 'not-an-image.jpg']);
    for (const { message } of problems) expect(message).toMatch(/cannot be decoded \(.+\)\. The image is skipped\.$/);
    await expect(checkSplits(dataset, { signal: AbortSignal.abort() })).rejects.toThrow('Cancelled');
  });

  test('images that show what an evaluation image shows are named, though their files differ', async () => {
    const pixels = { raw: { width: 60, height: 40, channels: 3 } } as const;
    const picture = (content: number) => sharp(picturePixels(content, 60, 40), pixels);
    const folder = await writeTree(temporaryFolder(), {
      'e/1.png': await picture(1).png().toBuffer(),
      'e/2.png': await picture(2).png().toBuffer(),
      't/copy.webp': await picture(1).webp({ lossless: true }).toBuffer(),
      't/tagged.png': await picture(2)
        .withExif({ IFD0: { Artist: 'A' } })
        .png()
        .toBuffer(),
      't/other.png': await picture(3).png().toBuffer(),
      't/smaller.png': await picture(1).resize(30, 20).png().toBuffer(),
    });
    const at = (name: string): string => join(folder, name);
    const { problems, evaluated } = await checkSplits(
      splitsOf({
        eval: [at('e/1.png'), at('e/2.png')],
        calibration: [at('t/tagged.png')],
        train: [at('t/copy.webp'), at('t/other.png'), at('t/smaller.png')],
      }),
    );
    expect(problems).toEqual([]);
    expect(evaluated.map(({ message }) => message)).toEqual([
      `${at('t/tagged.png')}, for calibration, shows the evaluation image ${at('e/2.png')}.`,
      `${at('t/copy.webp')}, for training, shows the evaluation image ${at('e/1.png')}.`,
    ]);
  });

  test('thumbnails are small, keep the proportions and are never enlarged', async () => {
    const folder = await photographs();
    const shown = async (path: string) => thumbnail(await readImageFile(path), path, 96);
    const size = async (path: string) => {
      const { width, height, format } = await sharp(await shown(join(folder, path))).metadata();
      return [width, height, format];
    };
    expect(await size('cat/8.png')).toEqual([96, 64, 'jpeg']);
    expect(await size('dog/1.jpg')).toEqual([40, 32, 'jpeg']);
    await expect(shown(join(folder, 'gone.jpg'))).rejects.toThrow('the file is gone');
    await expect(shown(join(folder, 'dog/cut.jpg'))).rejects.toThrow('cut short');
  });

  test('the window sees labels, copies, classes and damage of a folder of photographs', async () => {
    const folder = await photographs();
    const home = temporaryFolder();
    const engine = await createEngine({ workspace: home, modelFolder: home });
    try {
      const ask = handlersOf(engine);
      const context = { progress: () => undefined, signal: new AbortController().signal };
      const dataset = datasetSpecSchema.parse({ path: folder, calibration: 2 });
      const summary = await ask['datasets.inspect'](dataset, context);
      expect(summary.duplicates).toMatchObject({ within: 1, between: 0, groups: 1 });
      expect(summary.duplicates.examples[0]!.map((file) => basename(file))).toEqual(['1.jpg', 'copy-of-1.jpg']);
      const total = (label: number): number =>
        Object.values(summary.classCounts.find((count) => count.label === label)!.images).reduce((a, b) => a + b);
      expect([total(0), total(1)]).toEqual([3, 5]);
      expect(summary.classCounts.map(({ name }) => name)).toEqual(['cat', 'dog']);

      const page = { dataset, split: 'eval' as const, from: 0, count: 48 };
      const { total: all, images } = await ask['datasets.preview'](page);
      expect(all).toBe(6);
      expect(images).toHaveLength(6);
      for (const { label, url, problem, file } of images) {
        expect(label).toBe(basename(join(file, '..')));
        if (problem === undefined) expect(url).toMatch(/^data:image\/jpeg;base64,/);
        else expect(basename(file)).toMatch(/cut|not-an-image|damaged/);
      }
      const second = await ask['datasets.preview']({ ...page, from: 4, count: 10 });
      expect(second.images.map(({ file }) => file)).toEqual(images.slice(4).map(({ file }) => file));

      const checked = await ask['datasets.check'](dataset, context);
      expect(checked.images).toBe(8);
      expect(checked.problems.map(({ file }) => basename(file)).sort()).toEqual([
        'cut.jpg',
        'damaged.jpg',
        'not-an-image.jpg',
      ]);

      writeFileSync(join(home, 'pets.onnx'), encodeModel(smallClassifier()));
      expect(await ask['datasets.classes']({ dataset, models: ['pets'] })).toEqual([]);
      await ask['models.describe']({
        path: join(home, 'pets.onnx'),
        preprocess: { resize: 32, crop: 32, interpolation: 'bilinear', mean: [0, 0, 0], std: [255, 255, 255] },
      });
      const card = JSON.parse(readFileSync(join(home, 'pets.card.json'), 'utf8')) as object;
      writeFileSync(
        join(home, 'pets.card.json'),
        JSON.stringify({ ...card, labelNames: ['dog', 'cat', 'cow', 'hen'] }),
      );
      const [mapping] = await ask['datasets.classes']({ dataset, models: ['pets'] });
      expect(mapping!.rows.map(({ name, byNumber, byName }) => [name, byNumber, byName])).toEqual([
        ['cat', 'dog', 'cat'],
        ['dog', 'cat', 'dog'],
      ]);
    } finally {
      engine.close();
    }
  });

  test('the command line says the same', async () => {
    const folder = await photographs();
    const { code, stdout } = await whittle(folder, 'datasets', folder, '--calibration', '2', '--check');
    expect(code).toBe(0);
    expect(stdout).toMatch(/per class {4}2 to 4 images for evaluation|per class {4}\d to \d images/);
    expect(stdout).toMatch(/duplicates {3}1 within a split, 0 in an earlier split too/);
    expect(stdout.match(/cannot be decoded/g)).toHaveLength(3);
  });
});
