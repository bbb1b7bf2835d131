import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { augmentations, type Augmentation } from '@shared/augmentation';
import { modelCardSchema } from '@shared/model-card';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import type { ImageEntry, ImageSet } from '../../../src/main/engine/dataset/dataset';
import { batchShape, normalizeFor } from '../../../src/main/engine/dataset/normalize';
import { decodeWhole } from '../../../src/main/engine/dataset/preprocess';
import { augmentedCrop } from '../../../src/main/engine/dataset/training/augmented-crop';
import { epochOrder } from '../../../src/main/engine/dataset/training/epoch-order';
import {
  openTrainingImages,
  type EpochOrder,
  type OpenTrainingImages,
} from '../../../src/main/engine/dataset/training/training-images';
import { jpeg, temporaryFolder, writeTree } from './photographs';

const card = modelCardSchema.parse({
  name: 'small',
  input: { name: 'input', height: 24, width: 24 },
  output: { name: 'output', classes: 5 },
  preprocess: { resize: 28, crop: 24, mean: [120, 110, 100], std: [50, 60, 70] },
});
const count = 23;
const colourful: Augmentation = { ...augmentations.strong, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };

/** Images of several sizes, of classes 0 to 4. */
async function trainingSet(labelOf = (index: number): number => index % 5): Promise<ImageSet<'train'>> {
  const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(2, '0')}.jpg`);
  const files = await Promise.all(names.map((_, index) => jpeg(index, 40 + 7 * (index % 4), 32 + 9 * (index % 3))));
  const folder = await writeTree(temporaryFolder(), Object.fromEntries(names.map((name, at) => [name, files[at]!])));
  const entries = names.map((name, index): ImageEntry => {
    const path = join(folder, name);
    return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex'), label: labelOf(index) };
  });
  return { split: 'train', entries, alreadyResized: false };
}

function open(set: ImageSet<'train'>, options?: Parameters<typeof openTrainingImages>[2]): OpenTrainingImages {
  const images = openTrainingImages(set, card, options);
  onTestFinished(() => images.close());
  return images;
}

interface Seen {
  image: Float32Array;
  label: number | undefined;
}

/** The images of an epoch one by one; a batch is gone once the next is asked for. */
async function walk(images: OpenTrainingImages, order: Partial<EpochOrder> = {}): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const batch of images.trainingBatches({ seed: 1, epoch: 0, batch: 4, ...order })) {
    const size = batch.pixels.length / batch.count;
    expect(batch.shape).toEqual(batchShape(card, batch.count));
    for (let at = 0; at < batch.count; at++)
      seen.push({ image: batch.pixels.slice(at * size, (at + 1) * size), label: batch.labels?.[at] });
  }
  return seen;
}

describe('training images', () => {
  test('are what decoding, augmentation and normalisation make of each, in the order of the epoch', async () => {
    const set = await trainingSet();
    const seen = await walk(open(set), { seed: 3, epoch: 2, augmentation: colourful });
    const order = epochOrder(count, { seed: 3, epoch: 2 });
    expect(seen.map(({ label }) => label)).toEqual([...order].map((position) => position % 5));
    const normalize = normalizeFor(card);
    for (const [place, position] of order.entries()) {
      const { path } = set.entries[position]!;
      const image = await decodeWhole(readFileSync(path), path, 1000);
      const random = createRandom(`augmentation 3 2 ${position}`);
      const expected = new Float32Array(3 * 24 * 24);
      normalize(augmentedCrop(image, random, colourful, [24, 24]), expected, 0);
      expect(seen[place]!.image).toEqual(expected);
    }
  });

  test('are the same whatever the batch, the memory, the epochs before and where an epoch is taken up', async () => {
    const set = await trainingSet();
    const images = open(set);
    const first = await walk(images, { epoch: 1 });
    expect(await walk(images, { epoch: 1 })).toEqual(first);
    expect(await walk(open(set, { decodedBytes: 0 }), { epoch: 1 })).toEqual(first);
    expect(await walk(open(set, { decodedBytes: 20_000 }), { epoch: 1, batch: 7 })).toEqual(first);
    expect(await walk(open(set), { epoch: 1, from: 3 })).toEqual(first.slice(12));
    expect(await walk(images, { epoch: 1, from: 6 })).toEqual([]);
    const [one, two] = await Promise.all([walk(images, { epoch: 1 }), walk(images, { epoch: 2 })]);
    expect(one).toEqual(first);
    expect(two).not.toEqual(first);
    expect(await walk(images, { epoch: 2 })).toEqual(two);
    expect(await walk(images, { epoch: 1, seed: 2 })).not.toEqual(first);
  });

  test('are all there once an epoch; what fills no batch may be left out', async () => {
    const images = open(await trainingSet((index) => (index < 5 ? index : -1)));
    const kept = await walk(images);
    expect(kept.map(({ label }) => label!).sort((a, b) => a - b)).toEqual([
      ...Array<number>(18).fill(-1),
      0,
      1,
      2,
      3,
      4,
    ]);
    expect(await walk(images, { lastBatch: 'drop' })).toEqual(kept.slice(0, 20));
    await expect(walk(images, { lastBatch: 'drop', batch: 24 })).rejects.toMatchObject({
      code: 'dataset.too-few',
      facts: { split: 'train', available: 23, wanted: 24 },
    });
  });

  test('are decoded once, as far as they fit into memory', async () => {
    const set = await trainingSet();
    const images = open(set);
    const first = await walk(images);
    for (const { path } of set.entries) rmSync(path);
    expect(await walk(images)).toEqual(first);
    // Another least share keeps more of an image: they are decoded anew, and are gone.
    await expect(walk(images, { augmentation: augmentations.strong })).rejects.toMatchObject({
      code: 'dataset.unreadable',
    });
  });

  test('of which one is damaged have the next in its place, and it is said once', async () => {
    const set = await trainingSet();
    const whole = await walk(open(set));
    const damaged = epochOrder(count, { seed: 1, epoch: 0 })[5]!;
    writeFileSync(set.entries[damaged]!.path, 'no image any more');
    const problems: string[] = [];
    const images = open(set, { skipped: ({ file }) => problems.push(file) });
    const seen = await walk(images);
    expect(seen[5]!.label).toBe(((damaged + 1) % count) % 5);
    expect(seen.filter((_, place) => place !== 5)).toEqual(whole.filter((_, place) => place !== 5));
    await walk(images, { epoch: 1 });
    expect(problems).toEqual([set.entries[damaged]!.path]);
    const early: string[] = [];
    const batches = open(set, { skipped: ({ file }) => early.push(file) }).trainingBatches({
      seed: 1,
      epoch: 0,
      batch: 6,
    });
    for await (const _first of batches) break;
    expect(early).toEqual(problems);
    for (const { path } of set.entries) writeFileSync(path, 'nor this');
    await expect(walk(open(set))).rejects.toMatchObject({ code: 'dataset.unreadable', facts: { count } });
  });

  test('without labels come without; a class that the network does not have is an error', async () => {
    const images = open(await trainingSet(() => -1));
    expect((await walk(images)).every(({ label }) => label === undefined)).toBe(true);
    const beyond = await trainingSet(() => 5);
    expect(() => openTrainingImages(beyond, card)).toThrow('has class 5, but small knows 5 classes');
  });

  test('are mixed with their neighbours where that is asked for', async () => {
    const set = await trainingSet();
    const images = open(set);
    const plain = await walk(images, { batch: 23 });
    for await (const { pixels, labels, mixed } of images.trainingBatches({
      seed: 1,
      epoch: 0,
      batch: 23,
      mixup: 0.5,
    })) {
      const { share } = mixed!;
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
      const size = pixels.length / 23;
      for (let at = 0; at < 23; at++) {
        const [own, other] = [plain[at]!, plain.at(at - 1)!];
        expect([labels![at], mixed!.labels![at]]).toEqual([own.label, other.label]);
        const pixel = size - 1;
        expect(pixels[at * size + pixel]).toBeCloseTo(share * own.image[pixel]! + (1 - share) * other.image[pixel]!, 5);
      }
    }
  });

  test('tell how long they were waited for', async () => {
    const images = open(await trainingSet());
    const batches = images.trainingBatches({ seed: 1, epoch: 0, batch: 4 });
    const waits = [batches.waitedMs];
    for await (const batch of batches) {
      expect(batch.count).toBeGreaterThan(0);
      waits.push(batches.waitedMs);
    }
    expect(waits[0]).toBe(0);
    expect(waits[1]).toBeGreaterThan(0);
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
  });

  test('may be left in the middle of an epoch, and end with what is cancelled or closed', async () => {
    const set = await trainingSet();
    const images = open(set);
    for await (const batch of images.trainingBatches({ seed: 1, epoch: 0, batch: 2 })) {
      expect(batch.count).toBe(2);
      break;
    }
    expect(await walk(images)).toHaveLength(count);

    const controller = new AbortController();
    const cancelled = open(set, { signal: controller.signal }).trainingBatches({ seed: 1, epoch: 0, batch: 2 });
    const walked = (async () => {
      for await (const batch of cancelled) controller.abort(batch);
    })();
    await expect(walked).rejects.toMatchObject({ code: 'cancelled' });

    const iterator = images.trainingBatches({ seed: 1, epoch: 0, batch: 2 })[Symbol.asyncIterator]();
    await iterator.next();
    const closed = images.close();
    const rest = (async () => {
      while (!(await iterator.next()).done);
    })();
    await expect(rest).rejects.toMatchObject({ code: 'cancelled' });
    await closed;
    expect(await walk(images)).toHaveLength(count);
  });
});

test('a large image is kept no larger than its crops need, and no small one is enlarged', async () => {
  const large = await decodeWhole(await jpeg(1, 800, 400), 'large.jpg', 100);
  expect([large.width, large.height, large.pixels.length]).toEqual([200, 100, 200 * 100 * 3]);
  const small = await decodeWhole(await jpeg(1, 80, 40), 'small.jpg', 100);
  expect([small.width, small.height, small.pixels.length]).toEqual([80, 40, 80 * 40 * 3]);
});
