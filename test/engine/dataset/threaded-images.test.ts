import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { modelCardSchema } from '@shared/model-card';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openImagesInThread } from '../../../src/main/engine/dataset/threaded-images';
import { jpeg, temporaryFolder, writeTree } from './photographs';

const side = 448;
const card = modelCardSchema.parse({
  name: 'large',
  input: { name: 'input', height: side, width: side },
  output: { name: 'output', classes: 5 },
  preprocess: { resize: side, crop: side, mean: [0, 0, 0], std: [1, 1, 1] },
});

test('a walk that is left early leaves no half-written crops', async () => {
  const folder = temporaryFolder();
  const files = await Promise.all(Array.from({ length: 48 }, (_, index) => jpeg(index, side, side)));
  await writeTree(folder, Object.fromEntries(files.map((bytes, index) => [`${index}.jpg`, bytes])));
  const entries = files.map((bytes, index) => ({
    path: join(folder, `${index}.jpg`),
    hash: createHash('sha256').update(bytes).digest('hex'),
    label: index % 5,
  }));
  const left: string[] = [];
  for (let round = 0; round < 6; round++) {
    const cacheFolder = temporaryFolder();
    const set = { split: 'eval' as const, entries, alreadyResized: false };
    for await (const { entries: some } of openImagesInThread(set, card, { cacheFolder }).batches(1 + round)) {
      expect(some).toHaveLength(1 + round);
      break;
    }
    const crops = join(cacheFolder, 'crops');
    const written = existsSync(crops) ? readdirSync(crops, { recursive: true, encoding: 'utf8' }) : [];
    expect(written.filter((name) => name.endsWith('.crop')).length).toBeGreaterThan(0);
    left.push(...written.filter((name) => name.endsWith('.tmp')));
  }
  expect(left).toEqual([]);
});
