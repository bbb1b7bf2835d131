import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { evaluateModel, type Evaluation } from '../../../src/main/engine/measure/accuracy/evaluate';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { datasetSpecSchema } from '../../../src/shared/dataset';
import { modelCardSchema, type ModelCard } from '../../../src/shared/model-card';
import { saveSmallClassifier, side, smallCard, smallClassifier } from './small-classifier';

/** Scores of six classes from the mean of each normalised colour; no two classes are alike. */
const weights = [
  [1, 0.1, 0],
  [0, 1, 0.2],
  [0.3, 0, 1],
  [-1, 0, 0.1],
  [0, -1, 0.3],
  [0.2, 0, -1],
];
const classes = weights.length;
const mean = [123.675, 116.28, 103.53];
const std = [58.395, 57.12, 57.375];
const floatCard = modelCardSchema.parse({
  ...smallCard(classes),
  preprocess: { resize: side, crop: side, mean, std },
});
const rawCard = modelCardSchema.parse({ ...floatCard, input: { ...floatCard.input, type: 'uint8' } });

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raw-pixels-'));
  // JPEGs of other sizes than the network's, with a gradient: decoded, resized and cropped like any photograph.
  for (let index = 0; index < 18; index++) {
    const [width, height] = [24 + index, 40 - index];
    const pixels = Buffer.from(
      Array.from({ length: width * height }, (_, at) => [
        (37 * index + (at % width)) % 256,
        (91 * index + 60) % 256,
        (151 * index + Math.floor(at / width)) % 256,
      ]).flat(),
    );
    const classFolder = join(folder, 'images', `class${index % classes}`);
    mkdirSync(classFolder, { recursive: true });
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 92 })
      .toFile(join(classFolder, `image${index}.jpg`));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same network on raw pixels: W (p - mean) / std = (W / std) p - sum of W mean / std. */
async function saveFolded(path: string, batch: number | string): Promise<string> {
  const graph = smallClassifier({ weights, batch });
  const folded = weights.map((row) => row.map((weight, channel) => weight / std[channel]!));
  const bias = folded.map((row) => -row.reduce((sum, weight, channel) => sum + weight * mean[channel]!, 0));
  graph.inputs = [makeValue('image', 'uint8', [batch, 3, side, side])];
  graph.initializers.set('weights', float32Tensor([classes, 3], folded.flat()));
  graph.initializers.set('bias', float32Tensor([classes], bias));
  const [pool, flatten] = graph.nodes;
  graph.nodes = [
    makeNode('Cast', ['image'], ['pixels'], { to: attr.int(1) }),
    { ...pool!, inputs: ['pixels'] },
    flatten!,
    makeNode('Gemm', ['flat', 'weights', 'bias'], ['scores'], { transB: attr.int(1) }),
  ];
  await saveModel(graph, path);
  return path;
}

async function evaluate(modelPath: string, card: ModelCard): Promise<Evaluation> {
  const cacheFolder = join(folder, 'cache');
  const spec = datasetSpecSchema.parse({ path: join(folder, 'images'), calibration: 0, eval: 18 });
  const { eval: set } = await openDataset(spec, { cacheFolder });
  const images = await openImages(set, card, { cacheFolder });
  const signal = new AbortController().signal;
  return evaluateModel({ modelPath, card, images, runtime: ort, threads: 1, progress: () => undefined, signal });
}

it.each(['batch', 1, 5])(
  'a network on raw pixels answers as the float one with its normalization folded: batch %s',
  async (batch) => {
    const float = await evaluate(
      await saveSmallClassifier(join(folder, `float-${batch}.onnx`), { weights, batch }),
      floatCard,
    );
    const raw = await evaluate(await saveFolded(join(folder, `raw-${batch}.onnx`), batch), rawCard);
    expect(float.n).toBe(18);
    expect(new Set(float.topK.map(([first]) => first)).size).toBeGreaterThanOrEqual(4);
    expect(new Set(float.labels).size).toBe(classes);
    // Sums in another order: the last of the seven digits may differ.
    const { outputs, scores, ...answers } = raw;
    expect(answers).toEqual((({ outputs: _outputs, scores: _scores, ...others }) => others)(float));
    for (const [own, other] of [
      [outputs, float.outputs],
      [scores, float.scores],
    ])
      own!.forEach((row, image) => row.forEach((value, rank) => expect(value).toBeCloseTo(other![image]![rank]!, 5)));
  },
);

it('would answer otherwise on normalised pixels, so the comparison means something', async () => {
  const float = await evaluate(await saveSmallClassifier(join(folder, 'float.onnx'), { weights }), floatCard);
  const plain = modelCardSchema.parse({
    ...floatCard,
    preprocess: { ...floatCard.preprocess, mean: [0, 0, 0], std: [1, 1, 1] },
  });
  const unnormalised = await evaluate(join(folder, 'float.onnx'), plain);
  expect(unnormalised.topK).not.toEqual(float.topK);
});
