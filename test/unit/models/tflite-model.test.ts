import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelCardSchema } from '@shared/model-card';
import { presetPreprocess, type PresetName } from '@shared/preprocess-presets';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import { withMetadata } from '../../../src/main/engine/formats/tflite/with-metadata';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { locateModel, openAnyModel, openModel } from '../../../src/main/engine/models/model-folder';
import { tfliteClassifier } from '../../../src/main/engine/models/tflite-classifier';
import { colourTflite } from '../../fixtures/colour-tflite';

const side = 16;
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'whittle-tflite-models-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function save(name: string, model: TfliteModel): string {
  const path = join(folder, `${name}.tflite`);
  writeFileSync(path, writeTflite(model));
  return path;
}
const choice = (preset: PresetName) => ({
  preprocess: (input: Parameters<typeof presetPreprocess>[1]) => presetPreprocess(preset, input),
});

describe('a .tflite file as a model', () => {
  it('is looked at before it is read', async () => {
    const huge = join(folder, 'huge.tflite');
    writeFileSync(huge, '');
    // A hole: it takes no room on the disk.
    truncateSync(huge, 2 ** 31);
    mkdirSync(join(folder, 'folder.tflite'));
    for (const [name, code] of [
      ['huge.tflite', 'model.too-large'],
      ['folder.tflite', 'tflite.foreign'],
      ['nowhere.tflite', 'model.not-found'],
    ] as const)
      await expect(openAnyModel(join(folder, name), choice('tf')), name).rejects.toMatchObject({ code });
  });

  it('gets a card from the file and what a person says', async () => {
    const path = save('colour', colourTflite(side));
    const { card, format, name } = await openAnyModel(path, choice('tf'));
    expect({ format, name }).toEqual({ format: 'tflite', name: 'colour' });
    expect(card).toMatchObject({
      input: { name: 'image', layout: 'NHWC', channels: 'RGB', height: side, width: side },
      output: { name: 'scores', classes: 3 },
      preprocess: { resize: 18, crop: side, mean: [127.5, 127.5, 127.5] },
    });
    expect(modelCardSchema.parse(card)).toEqual(card);
    await expect(openAnyModel(path)).rejects.toMatchObject({ code: 'card.missing' });
  });

  it('believes what its metadata say of pixels and classes', async () => {
    const described = modelCardSchema.parse({
      name: 'net',
      input: { name: 'image', height: side, width: side },
      output: { name: 'scores', classes: 3 },
      preprocess: { resize: side, crop: side, mean: [10, 20, 30], std: [2, 4, 8] },
    });
    const path = save('described', withMetadata(colourTflite(side), described, ['red', 'green', 'blue']));
    const { card } = await openAnyModel(path, choice('tf'));
    expect(card).toMatchObject({
      labelNames: ['red', 'green', 'blue'],
      preprocess: { mean: [10, 20, 30], std: [2, 4, 8] },
    });
  });

  it('that takes codes reads "raw" as levels that are codes: numbers are scale (level - zero point)', async () => {
    const { card } = await openAnyModel(save('codes', colourTflite(side, { codes: true })), choice('raw'));
    expect(card.preprocess).toMatchObject({ mean: [128, 128, 128], std: [128, 128, 128] });
  });

  it('is not taken where an ONNX network is needed', async () => {
    const path = save('compressed', colourTflite(side));
    await expect(openModel(path, choice('tf'))).rejects.toThrow(/only ONNX models can be compressed/);
    expect(locateModel('compressed.tflite', folder)).toBe(path);
  });

  it.each<[string, object, RegExp]>([
    [
      'another size',
      { input: { name: 'image', height: 8, width: 8 }, output: { name: 'scores', classes: 3 } },
      /16 x 16/,
    ],
    [
      'other classes',
      { input: { name: 'image', height: side, width: side }, output: { name: 'scores', classes: 5 } },
      /gives 3 scores, the card says 5/,
    ],
  ])('is refused with a card of %s', async (what, card, message) => {
    const name = what.replace(' ', '-');
    const path = save(name, colourTflite(side));
    const preprocess = { resize: side, crop: side, mean: [0, 0, 0], std: [1, 1, 1] };
    writeFileSync(join(folder, `${name}.tflite.card.json`), JSON.stringify({ name, ...card, preprocess }));
    await expect(openAnyModel(path)).rejects.toThrow(message);
  });
});

describe('how a network classifies', () => {
  const changed = (change: (model: TfliteModel['graphs'][number]) => void): TfliteModel => {
    const model = colourTflite(side);
    change(model.graphs[0]!);
    return model;
  };

  it('knows the background of 1,001 scores', () => {
    const model = changed(({ tensors }) => (tensors.at(-1)!.shape = [1, 1001]));
    expect(tfliteClassifier(model, 'net').output).toEqual({ name: 'scores', classes: 1000, background: true });
  });

  it.each<[string, TfliteModel, RegExp]>([
    ['several images at once', changed(({ tensors }) => (tensors[0]!.shape[0] = 8)), /takes 8 images at once/],
    ['other channels', changed(({ tensors }) => (tensors[0]!.shape[3] = 4)), /16 x 16 x 4/],
    ['another type', changed(({ tensors }) => (tensors[0]!.type = 'INT64')), /is int64 with 4 dimensions/],
    ['no scores', changed(({ tensors }) => (tensors.at(-1)!.shape = [1])), /its output "scores" is 1/],
    ['several outputs', changed((graph) => graph.outputs.push(0)), /"scores", "image"/],
    ['several inputs', changed((graph) => graph.inputs.push(0)), /has 2 inputs/],
  ])('refuses %s', (_what, model, message) => {
    expect(() => tfliteClassifier(model, 'net.tflite')).toThrow(message);
  });
});
