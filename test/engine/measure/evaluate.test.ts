import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageBatch, Images } from '../../../src/main/engine/dataset/image-batches';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { accuracyMetrics } from '../../../src/main/engine/measure/accuracy/accuracy';
import { evaluateModel } from '../../../src/main/engine/measure/accuracy/evaluate';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { datasetSpecSchema } from '../../../src/shared/dataset';
import { toAppError, type AppError } from '../../../src/shared/errors';
import { modelCardSchema } from '../../../src/shared/model-card';
import { saveSmallClassifier, side, smallCard, smallClassifier } from './small-classifier';

const shared = process.env.WHITTLE_SHARED ?? resolve('../shared');
const pixels = side * side;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Images of constant colour held in memory, with what the score of class c is: red, green or blue. */
function colours(rows: readonly { rgb: readonly number[]; label: number }[]): Images<'eval'> & { asked: number[] } {
  const asked: number[] = [];
  return {
    split: 'eval',
    count: rows.length,
    problems: [],
    asked,
    async *batches(batchSize): AsyncGenerator<ImageBatch, void, undefined> {
      asked.push(batchSize);
      for (let start = 0; start < rows.length; start += batchSize) {
        const part = rows.slice(start, start + batchSize);
        yield await Promise.resolve({
          data: Float32Array.from(
            part.flatMap(({ rgb }) => rgb.flatMap((value) => new Array<number>(pixels).fill(value))),
          ),
          shape: [part.length, 3, side, side],
          entries: part.map(({ label }, row) => ({ path: `/image${start + row}.png`, hash: `h${start + row}`, label })),
        });
      }
    },
  };
}
const rows = [
  { rgb: [1, 0, 0], label: 0 },
  { rgb: [0, 1, 0], label: 1 },
  { rgb: [0, 0.5, 1], label: 2 },
  { rgb: [1, 0, 0.5], label: 1 },
  { rgb: [0.2, 0.1, 0], label: 0 },
];
const rgbWeights = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const base = {
  card: smallCard(3),
  runtime: ort,
  threads: 1,
  progress: () => undefined,
  signal: new AbortController().signal,
};
const failure = async (work: Promise<unknown>): Promise<AppError> => work.then(() => expect.unreachable(), toAppError);

describe('evaluateModel', () => {
  const expected = {
    n: 5,
    classes: 3,
    topK: [
      [0, 1, 2],
      [1, 0, 2],
      [2, 1, 0],
      [0, 2, 1],
      [0, 1, 2],
    ],
    // Softmax by hand: e / (e + 2); 1, e^0.5 and e over their sum; e^0.2, e^0.1 and 1 over theirs.
    scores: [
      [0.5761, 0.2119, 0.2119],
      [0.5761, 0.2119, 0.2119],
      [0.5065, 0.3072, 0.1863],
      [0.5065, 0.3072, 0.1863],
      [0.3672, 0.3322, 0.3006],
    ],
    outputs: [
      [1, 0, 0],
      [1, 0, 0],
      [1, 0.5, 0],
      [1, 0.5, 0],
      [0.2, 0.1, 0],
    ],
    labels: [0, 1, 2, 1, 0],
  };

  it.each([
    { batch: 'batch', batchSize: undefined, asked: 8 },
    { batch: 'batch', batchSize: 2, asked: 2 },
    { batch: 1, batchSize: 4, asked: 1 },
    { batch: 3, batchSize: undefined, asked: 3 },
    { batch: 16, batchSize: undefined, asked: 16 },
  ])(
    'gives the same answers for a model with batch $batch, asked for $batchSize',
    async ({ batch, batchSize, asked }) => {
      const modelPath = await saveSmallClassifier(join(folder, `batch-${batch}.onnx`), { weights: rgbWeights, batch });
      const images = colours(rows);
      const result = await evaluateModel({ ...base, modelPath, images, batchSize });
      expect(images.asked).toEqual([asked]);
      expect(result).toEqual({ ...expected, hashes: ['h0', 'h1', 'h2', 'h3', 'h4'], skipped: 0, problems: [] });
      expect(accuracyMetrics(result)).toMatchObject({ n: 5, top1: 80 });
    },
  );

  it('makes up no probabilities of integer scores, whose scale is not known', async () => {
    const graph = smallClassifier({ weights: rgbWeights.map((row) => row.map((weight) => 100 * weight)) });
    const gemm = graph.nodes.at(-1)!;
    graph.nodes = [
      ...graph.nodes.slice(0, -1),
      { ...gemm, name: 'floats', outputs: ['floats'] },
      makeNode('Cast', ['floats'], ['scores'], { to: attr.int(6) }),
    ];
    graph.outputs = [makeValue('scores', 'int32', ['batch', 3])];
    const modelPath = join(folder, 'integers.onnx');
    await saveModel(graph, modelPath);
    const result = await evaluateModel({ ...base, modelPath, images: colours(rows) });
    expect(result.topK).toEqual(expected.topK);
    expect(result).not.toHaveProperty('scores');
  });

  it('reports images whose scores are not numbers, and counts them as wrong', async () => {
    const modelPath = await saveSmallClassifier(join(folder, 'nan.onnx'), {
      weights: [
        [NaN, NaN, NaN],
        [0, 1, 0],
        [0, 0, 1],
      ],
    });
    const result = await evaluateModel({ ...base, modelPath, images: colours(rows) });
    expect(result.problems).toHaveLength(5);
    expect(result.problems[0]!.message).toContain('not numbers for /image0.png');
    expect(accuracyMetrics(result).top1).toBe(40);
  });

  it('refuses a model whose output does not fit the card', async () => {
    const modelPath = await saveSmallClassifier(join(folder, 'four.onnx'), { weights: [...rgbWeights, [1, 1, 1]] });
    const error = await failure(evaluateModel({ ...base, modelPath, images: colours(rows) }));
    expect(error.code).toBe('model.differs');
    expect(error.message).toContain('3 scores for each image');
  });

  it('refuses a model whose input does not fit the card', async () => {
    const modelPath = await saveSmallClassifier(join(folder, 'size.onnx'), { weights: rgbWeights });
    const card = modelCardSchema.parse({ ...smallCard(3), input: { name: 'image', height: 16, width: 16 } });
    const error = await failure(evaluateModel({ ...base, card, modelPath, images: colours(rows) }));
    expect(error.code).toBe('model.differs');
    expect(error.message).toContain('3 x 8 x 8');
  });

  it('stops when cancelled', async () => {
    const modelPath = await saveSmallClassifier(join(folder, 'cancel.onnx'), { weights: rgbWeights });
    const controller = new AbortController();
    const work = evaluateModel({
      ...base,
      modelPath,
      images: colours(rows),
      batchSize: 1,
      signal: controller.signal,
      progress: (_, done) => {
        if (done === 2) controller.abort();
      },
    });
    expect((await failure(work)).code).toBe('cancelled');
  });
});

const zooModel = join(shared, 'zoo', 'squeezenet1.1.onnx');
const dataset = join(shared, 'imagenet');
const missing = !existsSync(zooModel) || !existsSync(dataset);

describe('accuracy on real images', () => {
  it.skipIf(missing)(
    `squeezenet1.1 reaches its published accuracy${missing ? ` (skipped: ${shared} is missing)` : ''}`,
    async () => {
      const cacheFolder = join(folder, 'cache');
      const card = modelCardSchema.parse(JSON.parse(readFileSync(zooModel.replace(/onnx$/, 'card.json'), 'utf8')));
      const spec = datasetSpecSchema.parse({ path: dataset, calibration: 0, eval: 300 });
      const { eval: evaluation } = await openDataset(spec, { cacheFolder });
      const images = await openImages(evaluation, card, { cacheFolder });
      const predictions = await evaluateModel({ ...base, card, modelPath: zooModel, images, threads: 2 });
      const { n, top1Interval, top5Interval } = accuracyMetrics(predictions);
      expect(n).toBe(300);
      for (const [interval, published] of [
        [top1Interval, card.reference!.top1],
        [top5Interval, card.reference!.top5],
      ] as const) {
        expect(interval![0]).toBeLessThan(published!);
        expect(interval![1]).toBeGreaterThan(published!);
      }
    },
  );
});
