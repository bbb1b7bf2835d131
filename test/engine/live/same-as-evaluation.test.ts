import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import type { SideOrder } from '../../../src/main/engine/live/side-protocol';
import { evaluateModel } from '../../../src/main/engine/measure/accuracy/evaluate';
import { readCard } from '../../../src/main/engine/models/card';
import { openTfliteModel } from '../../../src/main/engine/models/tflite-model';
import { litertLibrary, openvinoLibrary, tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { findRuntime } from '../../../src/main/engine/runtimes/registry';
import { datasetSpecSchema } from '../../../src/shared/dataset';
import { modelCardSchema } from '../../../src/shared/model-card';
import { presetPreprocess } from '../../../src/shared/preprocess-presets';
import { colourTflite } from '../../fixtures/colour-tflite';
import { needs } from '../../fixtures/native-library';
import { hasTfliteFiles, needsTfliteFiles, tfliteFilePath } from '../../fixtures/real-tflite-files';
import { picturePixels, temporaryFolder } from '../dataset/photographs';
import { side } from '../measure/small-classifier';
import { card, jpegOf, kept, opened, small } from './small-sides';

const starter = join(import.meta.dirname, '..', '..', '..', 'resources', 'starter');

async function evaluated(folder: string, order: SideOrder, batchSize?: number) {
  const dataset = await openDataset(datasetSpecSchema.parse({ path: folder, calibration: 0 }), {
    cacheFolder: temporaryFolder(),
  });
  const images = await openImages(dataset.eval, order.card, { cacheFolder: temporaryFolder() });
  const { topK, scores } = await evaluateModel({
    ...order.target,
    modelPath: order.modelPath,
    card: order.card,
    images,
    batchSize,
    runtime: findRuntime(order.target.runtime),
    progress: () => undefined,
    signal: new AbortController().signal,
  });
  return {
    set: dataset.eval,
    answers: topK.map((classes, row) => classes.map((index, rank) => [index, scores?.[row]?.[rank]])),
  };
}

/** Six photos of which every one is answered live, from its file and from its bytes, as it is in an evaluation. */
async function expectSame(order: SideOrder): Promise<void> {
  const folder = temporaryFolder();
  for (let content = 0; content < 6; content++) await writeFile(join(folder, `${content}.jpg`), await jpegOf(content));
  const { set, answers } = await evaluated(folder, order, 1);
  const session = await opened([order]);
  session.images = set;
  expect(answers.length).toBe(6);
  for (const [index, { path }] of set.entries.entries()) {
    const fromFile = await session.classify(0, { kind: 'image', index });
    const fromBytes = await session.classify(0, { kind: 'file', name: path, bytes: await readFile(path) });
    expect(kept(fromFile)).toEqual(answers[index]);
    expect(kept(fromBytes)).toEqual(answers[index]);
    expect(fromFile?.isFirst).toBe(index === 0);
  }
}

describe('a photo gives the same answer live as in an evaluation', () => {
  it.each([
    ['any batch', undefined],
    ['a fixed batch', 3],
  ] as const)('with %s, from its file and from its bytes', async (_what, batch) => expectSame(await small(batch)));

  it.each([
    ['stretched, BGR', { resize: [9, 14], mean: [100, 110, 120], std: [50, 60, 70] }, { channels: 'BGR' }],
    ['levels as they are', { resize: 12, mean: [0, 0, 0], std: [1, 1, 1] }, { type: 'uint8' }],
    ['from 0 to 1', { resize: [side, side], mean: [0, 0, 0], std: [255, 255, 255] }, {}],
  ])('with the preprocessing of another network: %s', async (_what, preprocess, input) => {
    const other = modelCardSchema.parse({
      ...card,
      input: { ...card.input, ...input },
      preprocess: { ...preprocess, crop: side },
    });
    await expectSame({ ...(await small()), card: other });
  });

  it('on ort-web', async () => expectSame({ ...(await small()), target: { runtime: 'ort-web', threads: 1 } }));

  const openvino = needs(openvinoLibrary);
  it.skipIf(!openvino.isHere)(`on openvino${openvino.title}`, async () =>
    expectSame({ ...(await small()), target: { runtime: 'openvino', threads: 1 } }),
  );

  describe.each([
    { runtime: 'tflite', library: needs(tfliteLibrary) },
    { runtime: 'litert', library: needs(litertLibrary) },
  ])('on $runtime', ({ runtime, library: { isHere, title } }) => {
    const target = { runtime, threads: 1 };
    const made = async (codes: boolean, preset: 'tf' | 'raw'): Promise<SideOrder> => {
      const modelPath = join(temporaryFolder(), 'colour.tflite');
      await writeFile(modelPath, writeTflite(colourTflite(16, { codes })));
      const { card: ownCard } = await openTfliteModel(modelPath, {
        preprocess: (image) => presetPreprocess(preset, image),
      });
      return { modelPath, card: ownCard, target };
    };

    it.skipIf(!isHere)(`with numbers${title}`, async () => expectSame(await made(false, 'tf')));
    it.skipIf(!isHere)(`with uint8 that stands for numbers${title}`, async () => expectSame(await made(true, 'tf')));
    it.skipIf(!isHere)(`with uint8 that are levels${title}`, async () => expectSame(await made(true, 'raw')));
    it.skipIf(!isHere || !hasTfliteFiles)(`with a file made elsewhere${title}${needsTfliteFiles}`, async () => {
      const modelPath = tfliteFilePath('mobilenet_v1_0.25_128_quant.tflite');
      const found = await openTfliteModel(modelPath, { preprocess: (image) => presetPreprocess('raw', image) });
      await expectSame({ modelPath, card: found.card, target });
    });
  });

  it('and so do the pixels of a lossless file, whose alpha says nothing', async () => {
    const order = await small();
    const session = await opened([order]);
    for (const [width, height] of [
      [64, 48],
      [9, 30],
      [200, 120],
    ] as const) {
      const rgb = picturePixels(3, width, height);
      const png = await sharp(rgb, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      const rgba = await sharp(rgb, { raw: { width, height, channels: 3 } })
        .ensureAlpha(0.2)
        .raw()
        .toBuffer();
      const fromFile = await session.classify(0, { kind: 'file', name: 'a.png', bytes: png });
      const fromPixels = await session.classify(0, { kind: 'pixels', width, height, rgba });
      expect(kept(fromPixels), `${width} x ${height}`).toEqual(kept(fromFile));
    }
  });

  it('on the networks and images of the starter pack, in batches as evaluations take them', async () => {
    const modelPath = join(starter, 'models', 'mobilenetv2-starter.onnx');
    expect(existsSync(modelPath)).toBe(true);
    const order: SideOrder = {
      modelPath,
      card: (await readCard(modelPath))!,
      target: { runtime: 'ort-cpu', threads: 1 },
    };
    const { set, answers } = await evaluated(join(starter, 'dataset'), order);
    const session = await opened([order]);
    session.images = set;
    for (const index of [0, 3, 17, 40]) {
      const answer = kept(await session.classify(0, { kind: 'image', index }))!;
      expect(answer[0]![0]).toBe(answers[index]![0]![0]);
      // Batches of eight add in another order.
      answer.forEach(([, score], rank) => expect(score).toBeCloseTo(answers[index]![rank]![1]!, 3));
    }
  });
});
