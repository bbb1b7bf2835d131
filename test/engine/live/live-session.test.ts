import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { LiveSession } from '../../../src/main/engine/live/live-session';
import type { SideOrder } from '../../../src/main/engine/live/side-protocol';
import { evaluateModel } from '../../../src/main/engine/measure/accuracy/evaluate';
import { readCard } from '../../../src/main/engine/models/card';
import { findRuntime } from '../../../src/main/engine/runtimes/registry';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';
import { datasetSpecSchema } from '../../../src/shared/dataset';
import type { LiveAnswer } from '../../../src/shared/live/answer';
import { modelCardSchema } from '../../../src/shared/model-card';
import { picturePixels, temporaryFolder } from '../dataset/photographs';
import { saveSmallClassifier, side, smallCard } from '../measure/small-classifier';

const starter = join(import.meta.dirname, '..', '..', '..', 'resources', 'starter');
const weights = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.4, 0.3, 0.2],
  [-1, 1, 0],
  [0.1, 0.1, 0.1],
];
const card = modelCardSchema.parse({
  ...smallCard(weights.length),
  preprocess: { resize: 10, crop: side, mean: [120, 110, 100], std: [60, 61, 62] },
});

async function small(batch?: number): Promise<SideOrder> {
  const modelPath = await saveSmallClassifier(join(temporaryFolder(), 'small.onnx'), { weights, batch });
  return { modelPath, card, target: { runtime: 'ort-cpu', threads: 1 } };
}
async function opened(
  orders: SideOrder[],
  queue = new CoreQueue(1),
  waits?: (isWaiting: boolean) => void,
): Promise<LiveSession> {
  const session = await LiveSession.open(orders, {
    workerPath: builtFile('live-worker.js'),
    beside: (signal, work, hear) => queue.beside(signal, work, hear),
    waits,
  });
  onTestFinished(() => session.close());
  return session;
}
const jpegOf = (content: number): Promise<Buffer> =>
  sharp(picturePixels(content, 64, 48), { raw: { width: 64, height: 48, channels: 3 } })
    .jpeg()
    .toBuffer();

/** What an evaluation keeps of an answer: the best five and their probabilities. */
const kept = (answer: LiveAnswer | null) => answer?.top.map((row) => [row.class, row.score]);

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

describe('a photo gives the same answer live as in an evaluation', () => {
  it.each([
    ['any batch', undefined],
    ['a fixed batch', 3],
  ] as const)('with %s, from its file and from its bytes', async (_what, batch) => {
    const order = await small(batch);
    const folder = temporaryFolder();
    for (let content = 0; content < 6; content++)
      await writeFile(join(folder, `${content}.jpg`), await jpegOf(content));
    const { set, answers } = await evaluated(folder, order, 1);
    const session = await opened([order]);
    session.images = set;
    for (const [index, { path }] of set.entries.entries()) {
      const fromFile = await session.classify(0, { kind: 'image', index });
      const fromBytes = await session.classify(0, { kind: 'file', name: path, bytes: await readFile(path) });
      expect(kept(fromFile)).toEqual(answers[index]);
      expect(kept(fromBytes)).toEqual(answers[index]);
      expect(fromFile?.isFirst).toBe(index === 0);
    }
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

describe('LiveSession', () => {
  const frame = async () => ({ kind: 'file', name: 'a.jpg', bytes: await jpegOf(1) }) as const;

  it('drops what a newer frame overtakes, never the last', async () => {
    const session = await opened([await small()]);
    const one = await frame();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => session.classify(0, one)));
    expect(answers.map((answer) => answer !== null)).toEqual([true, false, false, false, true]);
  });

  it('loses only the side whose process dies, with a sentence, and keeps a side that met a broken image', async () => {
    const session = await opened([await small(), await small()]);
    const one = await frame();
    await expect(
      session.classify(1, { kind: 'file', name: 'odd.jpg', bytes: Uint8Array.of(1, 2) }),
    ).rejects.toMatchObject({
      code: 'image.broken',
    });
    process.kill(session.pids[0]!, 'SIGKILL');
    await expect
      .poll(() => session.classify(0, one).catch((error: Error) => error.message))
      .toContain('small on ort-cpu x1 ended unexpectedly');
    expect(await session.classify(1, one)).not.toBeNull();
  });

  it('waits while times are taken, says so, and goes on', async () => {
    const queue = new CoreQueue(1);
    const heard: boolean[] = [];
    const session = await opened([await small()], queue, (isWaiting) => heard.push(isWaiting));
    let finish = (): void => undefined;
    let hasBegun = false;
    const measured = queue.run({ lane: 'quiet' }, new AbortController().signal, () => {
      hasBegun = true;
      return new Promise<void>((resolve) => (finish = resolve));
    });
    await expect.poll(() => hasBegun).toBe(true);
    const answer = session.classify(0, await frame());
    await expect.poll(() => heard).toEqual([true]);
    finish();
    await measured;
    expect(await answer).not.toBeNull();
    expect(heard).toEqual([true, false]);
  });

  it('says what keeps a model from opening, and leaves no process', async () => {
    const order = await small();
    const wrong = { ...order, card: { ...card, input: { ...card.input, height: 99, width: 99 } } };
    await expect(opened([order, wrong])).rejects.toMatchObject({ code: 'model.differs' });
  });

  it('answers nothing once it is closed', async () => {
    const session = await opened([await small()]);
    const under = session.classify(0, await frame());
    const waiting = session.classify(0, await frame());
    session.close();
    await expect(under).rejects.toMatchObject({ code: 'live.closed' });
    expect(await waiting).toBeNull();
    await expect(session.classify(0, await frame())).rejects.toMatchObject({ code: 'live.closed' });
  });
});

beforeAll(() => expect(existsSync(builtFile('live-worker.js')), 'built').toBe(true));
