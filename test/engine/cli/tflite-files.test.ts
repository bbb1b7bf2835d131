import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccuracyMetrics, LatencyMetrics } from '@shared/metrics';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { litertLibrary, tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { colourTflite } from '../../fixtures/colour-tflite';
import { writeColourPictures } from '../../fixtures/colour-pictures';
import { needs } from '../../fixtures/native-library';
import { saveSmallClassifier, smallCard } from '../measure/small-classifier';
import { sentences, whittle } from './whittle';

const side = 16;
const [tflite, litert] = [needs(tfliteLibrary), needs(litertLibrary)];
const isReady = tflite.isHere && litert.isHere;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whittle-tflite-'));
  await writeColourPictures(join(folder, 'pictures'), ['red', 'green', 'blue']);
  writeFileSync(join(folder, 'colour.tflite'), writeTflite(colourTflite(side)));
  writeFileSync(join(folder, 'codes.tflite'), writeTflite(colourTflite(side, { codes: true })));
  const card = {
    name: 'background',
    input: { name: 'image', layout: 'NHWC', height: side, width: side },
    output: { name: 'scores', classes: 3, background: true },
    preprocess: { resize: side, crop: side, mean: [128, 128, 128], std: [128, 128, 128] },
  };
  writeFileSync(join(folder, 'background.tflite'), writeTflite(colourTflite(side, { codes: true, background: true })));
  writeFileSync(join(folder, 'background.tflite.card.json'), JSON.stringify(card));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!isReady)(`.tflite files on the command line${tflite.title}${litert.title}`, () => {
  const evaluated = async (...words: string[]): Promise<AccuracyMetrics> => {
    const { code, stdout, stderr } = await whittle(folder, 'eval', ...words, '--data', 'pictures', '--json');
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { metrics: AccuracyMetrics }).metrics;
  };

  it.each([
    ['numbers', ['colour.tflite', '--preprocess', 'tf', '--runtime', 'tflite']],
    ['numbers, where nothing is said of the runtime', ['colour.tflite', '--preprocess', 'tf']],
    ['codes', ['codes.tflite', '--preprocess', 'tf', '--runtime', 'litert']],
    ['levels as codes', ['codes.tflite', '--preprocess', 'raw', '--runtime', 'tflite']],
    ['a background beside the classes', ['background.tflite', '--runtime', 'litert']],
  ])('are evaluated: %s', async (_what, words) => {
    expect(await evaluated(...words)).toMatchObject({ n: 12, top1: 100 });
  });

  it('are compared with each other image by image', async () => {
    const words = ['codes.tflite', '--vs', 'colour.tflite', '--preprocess', 'tf', '--runtime', 'tflite'];
    expect(await evaluated(...words)).toMatchObject({ agreement: 100 });
  });

  it('are timed beside an ONNX file, each where it runs', async () => {
    await saveSmallClassifier(join(folder, 'net.onnx'), {
      weights: [
        [1, 0, 0],
        [0, 1, 0],
      ],
    });
    writeFileSync(join(folder, 'net.card.json'), JSON.stringify(smallCard(2)));
    const words = ['bench', 'colour.tflite', '--vs', 'net.onnx', '--preprocess', 'tf', '--runtime', 'tflite', '--json'];
    const { code, stdout, stderr } = await whittle(folder, ...words);
    expect(code, stderr).toBe(0);
    const { latency } = JSON.parse(stdout) as { latency: LatencyMetrics };
    expect(latency).toMatchObject({ runtime: 'tflite', target: 'tflite x1' });
    expect(latency.baselineP50Ms).toBeGreaterThan(0);
  });

  it('are made of a network as it is where no recipe is given', async () => {
    const weights = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    await saveSmallClassifier(join(folder, 'plain.onnx'), { weights });
    writeFileSync(join(folder, 'plain.card.json'), JSON.stringify(smallCard(3)));
    const { code, stderr } = await whittle(folder, 'compress', 'plain.onnx', '-o', 'plain.tflite');
    expect(code, stderr).toBe(0);
    expect(await evaluated('plain.tflite', '--vs', 'plain.onnx')).toMatchObject({ n: 12, top1: 100, agreement: 100 });
    const again = await whittle(folder, 'compress', 'plain.onnx', '-o', 'plain2.onnx');
    expect([again.code, sentences(again.stderr)]).toEqual([2, [expect.stringMatching(/--recipe is missing/)]]);
  });

  it.each([
    [['eval', 'colour.tflite', '--data', 'pictures'], /has no card .*colour\.tflite\.card\.json/],
    [
      ['eval', 'colour.tflite', '--data', 'pictures', '--preprocess', 'tf', '--runtime', 'ort-cpu'],
      /ort-cpu runs \.onnx files, and .*colour\.tflite is a \.tflite file\. Choose litert or tflite with --runtime\./,
    ],
    [
      ['compress', 'colour.tflite', '--recipe', 'fp16', '-o', 'x.onnx'],
      /only ONNX models can be compressed\. Give the \.onnx file/,
    ],
  ])('%j is answered in one sentence', async (words, sentence) => {
    const { code, stderr } = await whittle(folder, ...words);
    expect(code).toBe(2);
    expect(sentences(stderr)).toEqual([expect.stringMatching(sentence)]);
  });
});
