import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelCardSchema } from '@shared/model-card';
import { describe, expect, test } from 'vitest';
import type { ImageEntry, ImageSet } from '../../../src/main/engine/dataset/dataset';
import { openImages, type ImageBatch } from '../../../src/main/engine/dataset/image-batches';
import { decodeCrop } from '../../../src/main/engine/dataset/preprocess';
import { temporaryFolder, writeTree } from './photographs';

const card = modelCardSchema.parse({
  name: 'small',
  input: { name: 'input', height: 24, width: 24 },
  output: { name: 'output', classes: 5 },
  preprocess: { resize: 28, crop: 24, mean: [120, 110, 100], std: [50, 60, 70] },
});

async function imageSet(
  folder: string,
  files: Record<string, number | string | Uint8Array>,
): Promise<ImageSet<'eval'>> {
  await writeTree(folder, files);
  const entries = Object.keys(files).map((name, index): ImageEntry => {
    const path = join(folder, name);
    return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex'), label: index % 5 };
  });
  return { split: 'eval', entries, alreadyResized: false };
}

async function walk(batches: AsyncIterable<ImageBatch>): Promise<ImageBatch[]> {
  const all: ImageBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
const numbered = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.jpg`, index]));
const cropFiles = (cacheFolder: string): string[] =>
  readdirSync(join(cacheFolder, 'crops'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.crop'))
    .map((name) => join(cacheFolder, 'crops', name));

describe('batches', () => {
  test('hold all images in order, normalised, cold and from the cache alike', async () => {
    const folder = temporaryFolder();
    const cacheFolder = temporaryFolder();
    const set = await imageSet(folder, numbered(75));
    const cold = await walk((await openImages(set, card, { cacheFolder })).batches(10));
    expect(cold.map((batch) => batch.shape)).toEqual([...Array<number[]>(7).fill([10, 3, 24, 24]), [5, 3, 24, 24]]);
    expect(cold.flatMap((batch) => batch.entries)).toEqual(set.entries);

    const crop = await decodeCrop(readFileSync(set.entries[13]!.path), '', { resize: 28, crop: 24 });
    const image = cold[1]!.data.subarray(3 * 24 * 24 * 3, 4 * 24 * 24 * 3);
    for (let i = 0; i < 24 * 24; i++) {
      expect(image[i]).toBe(Math.fround((crop[i * 3]! - 120) / 50));
      expect(image[i + 2 * 24 * 24]).toBe(Math.fround((crop[i * 3 + 2]! - 100) / 70));
    }

    // The second walk decodes nothing: the images are gone.
    for (const entry of set.entries) rmSync(entry.path);
    const warm = await walk((await openImages(set, card, { cacheFolder })).batches(10));
    expect(warm).toEqual(cold);
  });

  test('leave out what cannot be read, and say so once', async () => {
    const folder = temporaryFolder();
    const set = await imageSet(folder, numbered(6));
    writeFileSync(join(folder, '1.jpg'), 'no image any more');
    rmSync(join(folder, '3.jpg'));
    const cut = await imageSet(folder, { 'cut.jpg': readFileSync(join(folder, '0.jpg')).subarray(0, 300) });
    const images = await openImages({ ...set, entries: [...set.entries, ...cut.entries] }, card, {
      cacheFolder: temporaryFolder(),
    });
    expect(images.count).toBe(7);
    for (let repeat = 0; repeat < 2; repeat++) {
      const names = (await walk(images.batches(4))).flatMap((batch) =>
        batch.entries.map((entry) => entry.path.slice(folder.length + 1)),
      );
      expect(names).toEqual(['0.jpg', '2.jpg', '4.jpg', '5.jpg']);
      expect(images.problems.map((problem) => problem.file.slice(folder.length + 1)).sort()).toEqual([
        '1.jpg',
        '3.jpg',
        'cut.jpg',
      ]);
    }
    expect(images.problems.map((problem) => problem.message).join()).toMatch(/changed after the dataset was opened/);
  });

  test('throw when no image can be read', async () => {
    const set = await imageSet(temporaryFolder(), { 'a.jpg': 'text', 'b.jpg': 'more text' });
    const images = await openImages(set, card, { cacheFolder: temporaryFolder() });
    await expect(walk(images.batches(2))).rejects.toMatchObject({ code: 'dataset.unreadable', facts: { count: 2 } });
  });

  test('throw for a class the model does not have', async () => {
    const set = await imageSet(temporaryFolder(), { 'a.jpg': 1 });
    const beyond = { ...set, entries: [{ ...set.entries[0]!, label: 5 }] };
    await expect(openImages(beyond, card, { cacheFolder: temporaryFolder() })).rejects.toMatchObject({
      code: 'dataset.classes-mismatch',
      facts: { label: 5, classes: 5, model: 'small' },
    });
  });

  test('end when cancelled', async () => {
    const controller = new AbortController();
    const set = await imageSet(temporaryFolder(), numbered(60));
    const images = await openImages(set, card, { cacheFolder: temporaryFolder(), signal: controller.signal });
    const seen: ImageBatch[] = [];
    const walked = (async () => {
      for await (const batch of images.batches(4)) {
        seen.push(batch);
        controller.abort();
      }
    })();
    await expect(walked).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toHaveLength(1);
  });

  test('stop working when the walk is left early', async () => {
    const cacheFolder = temporaryFolder();
    const set = await imageSet(temporaryFolder(), numbered(60));
    for await (const batch of (await openImages(set, card, { cacheFolder })).batches(1)) {
      expect(batch.entries).toHaveLength(1);
      break;
    }
    const written = cropFiles(cacheFolder).length;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(60);
  });
});

describe('cached crops', () => {
  test('are never wrong, however the files are damaged', async () => {
    const cacheFolder = temporaryFolder();
    const set = await imageSet(temporaryFolder(), numbered(8));
    const first = await walk((await openImages(set, card, { cacheFolder })).batches(8));
    const files = cropFiles(cacheFolder);
    expect(files).toHaveLength(8);
    truncateSync(files[0]!, 100);
    truncateSync(files[1]!, 0);
    const flipped = readFileSync(files[2]!);
    flipped[700]! ^= 1;
    writeFileSync(files[2]!, flipped);
    writeFileSync(files[3]!, readFileSync(files[4]!));
    writeFileSync(files[5]!, Buffer.alloc(readFileSync(files[5]!).length));
    rmSync(files[6]!);
    expect(await walk((await openImages(set, card, { cacheFolder })).batches(8))).toEqual(first);
  });

  test('of one geometry are not taken for another', async () => {
    const cacheFolder = temporaryFolder();
    const set = await imageSet(temporaryFolder(), numbered(2));
    const other = { ...card, preprocess: { ...card.preprocess, resize: 30 } };
    const [first] = await walk((await openImages(set, card, { cacheFolder })).batches(2));
    const [second] = await walk((await openImages(set, other, { cacheFolder })).batches(2));
    const [cropped] = await walk(
      (await openImages({ ...set, alreadyResized: true }, card, { cacheFolder })).batches(2),
    );
    expect(second!.data).not.toEqual(first!.data);
    expect(cropped!.data).not.toEqual(first!.data);
    expect(cropFiles(cacheFolder)).toHaveLength(6);
  });

  test('are not needed: a folder that cannot be written to only costs time', async () => {
    const cacheFolder = join(temporaryFolder(), 'file');
    writeFileSync(cacheFolder, '');
    const set = await imageSet(temporaryFolder(), numbered(3));
    expect(await walk((await openImages(set, card, { cacheFolder })).batches(3))).toHaveLength(1);
  });
});
