import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelCardSchema } from '@shared/model-card';
import { expect, test } from 'vitest';
import type { TrainingImages } from '../../../src/main/engine/compression/calibration/technique-context';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import { noCheckpoints } from '../../../src/main/engine/jobs/checkpoint';
import { jobContext } from '../../../src/main/engine/jobs/job-context';
import { temporaryFolder, writeTree } from '../dataset/photographs';

const card = modelCardSchema.parse({
  name: 'small',
  input: { name: 'input', height: 24, width: 24 },
  output: { name: 'output', classes: 3 },
  preprocess: { resize: 28, crop: 24, mean: [0, 0, 0], std: [1, 1, 1] },
});

/** Labels of an epoch. */
async function epoch(images: TrainingImages, batch = 4): Promise<number[]> {
  const labels: number[] = [];
  for await (const given of images.trainingBatches({ seed: 1, epoch: 0, batch })) labels.push(...given.labels!);
  return labels;
}

test('a technique trains on a part of the training images and judges by the other', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `${index}.jpg`);
  const folder = await writeTree(temporaryFolder(), Object.fromEntries(names.map((name, index) => [name, index])));
  const entries = names.map((name, index) => {
    const path = join(folder, name);
    return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex'), label: index % 3 };
  });
  const train: ImageSet<'train'> = { split: 'train', alreadyResized: false, entries };
  const job = { referencePath: '', card, train, cacheFolder: temporaryFolder(), seed: 1, threads: 1 };
  const context = jobContext(job, {
    progress: () => undefined,
    note: () => undefined,
    log: () => undefined,
    signal: new AbortController().signal,
    checkpoint: noCheckpoints,
  });

  const images = context.images('train');
  expect(images).toMatchObject({ count: 12, isLabelled: true });
  const all = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
  expect((await epoch(images)).sort()).toEqual(all);
  const { heldOut, others } = images.holdOut(3, 7);
  expect([heldOut.count, others.count]).toEqual([3, 9]);
  expect((await epoch(others)).sort()).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
  const judged: number[] = [];
  for await (const { labels, shape } of heldOut.batches(3)) {
    expect(shape).toEqual([3, 3, 24, 24]);
    judged.push(...labels);
  }
  expect(judged.sort()).toEqual([0, 1, 2]);
});
