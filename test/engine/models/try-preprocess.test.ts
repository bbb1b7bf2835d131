import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PreprocessTrial } from '@shared/contract';
import { createEngine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { preprocessTrial } from '../../../src/main/engine/preprocess-trial';
import { writeColourPictures } from '../../fixtures/colour-pictures';
import { rawLevels } from '../../fixtures/networks/raw-levels';
import { temporaryFolder } from '../store/temporary-folder';

test('what each usual preprocessing gives, on images that are not evaluated', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'net.onnx');
  writeFileSync(path, encodeModel(rawLevels.make()));
  const data = await writeColourPictures(join(folder, 'images'), ['red', 'green', 'blue']);
  const engine = await createEngine({ workspace: join(folder, 'home') });
  try {
    const dataset = { path: data, eval: 0, calibration: 6, train: 0, seed: 1 };
    const context = { progress: () => undefined, signal: new AbortController().signal };
    const { images, tried } = await handlersOf(engine)['models.tryPreprocess']({ path, dataset }, context);
    expect(images).toBe(6);
    expect(tried).toHaveLength(10);
    expect(tried.map(({ top1 }) => top1)).toEqual(tried.map(({ top1 }) => top1).sort((a, b) => b - a));
    // The network wants 0..255, blue first; red first mixes up two of three classes.
    const of = (preset: string, channels: string) =>
      tried.find((one) => one.preset === preset && one.channels === channels)!;
    expect(of('raw', 'BGR').top1).toBe(100);
    expect(of('raw', 'RGB').top1).toBeCloseTo(100 / 3, 5);
    expect(of('caffe', 'BGR').preprocess).toMatchObject({ mean: [103.939, 116.779, 123.68], std: [1, 1, 1] });

    const nothing: PreprocessTrial = { images: 0, tried: [] };
    await preprocessTrial(engine, { path, dataset }, async (order) => {
      const set = await engine.contents.images(order.images);
      expect(set.split).toBe('calibration');
      expect(set.entries).toHaveLength(6);
      return nothing;
    });
    await expect(
      preprocessTrial(engine, { path, dataset: { ...dataset, calibration: 0 } }, () => Promise.resolve(nothing)),
    ).rejects.toThrow(/no images for calibration, and at least 1 are needed/);
  } finally {
    engine.close();
  }
});
