/**
 * What evaluation costs beside the network: the bare session.run calls, then the whole evaluation with no crop cached (cold)
 * and with all cached (warm), in rounds that alternate; the fastest of each counts. Goal: both within 1.15 of bare.
 * Usage: evaluate [images] [threads] [rounds] [dataset folder]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { datasetSpecSchema } from '../src/shared/dataset';
import { modelCardSchema, type ModelCard } from '../src/shared/model-card';
import type { ImageSet } from '../src/main/engine/dataset/dataset';
import { openImagesInThread } from '../src/main/engine/dataset/threaded-images';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { defaultBatchSize, evaluateModel } from '../src/main/engine/measure/accuracy/evaluate';
import { ort } from '../src/main/engine/runtimes/ort';
import { timed, type Time } from './thread-time';

const shared = resolve(process.env.WHITTLE_SHARED ?? '../shared');
const imageCount = Number(process.argv[2] ?? 1000);
const threads = Number(process.argv[3] ?? 1);
const rounds = Number(process.argv[4] ?? 3);
const path = process.argv[5] ?? join(shared, 'imagenet');
const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-evaluate-'));

const fastest = (times: readonly Time[]): Time => ({
  wall: Math.min(...times.map((time) => time.wall)),
  cpu: Math.min(...times.map((time) => time.cpu)),
});

/** The same number of calls at the same batch, on one batch of zeros. */
async function runBare(modelPath: string, card: ModelCard, count: number): Promise<Time> {
  const session = await ort.open(modelPath, { threads });
  const { height, width } = card.input;
  const data = new Float32Array(defaultBatchSize * 3 * height * width);
  const feeds = { [card.input.name]: { type: 'float32' as const, shape: [defaultBatchSize, 3, height, width], data } };
  await session.run(feeds);
  const time = await timed(async () => {
    for (let done = 0; done < count; done += defaultBatchSize) await session.run(feeds);
  });
  await session.close();
  return time;
}

async function runEvaluation(modelPath: string, card: ModelCard, set: ImageSet<'eval'>): Promise<Time> {
  return timed(async () => {
    const images = openImagesInThread(set, card, { cacheFolder });
    const signal = new AbortController().signal;
    await evaluateModel({ modelPath, card, images, runtime: ort, threads, progress: () => undefined, signal });
  });
}

try {
  const dataset = await openDataset(datasetSpecSchema.parse({ path, eval: imageCount, calibration: 0 }), {
    cacheFolder,
  });
  const count = dataset.eval.entries.length;
  console.log(
    `${count} images, ${threads} threads, batch ${defaultBatchSize}, fastest of ${rounds} rounds, ms an image`,
  );
  for (const name of ['squeezenet1.1', 'mobilenetv2', 'resnet50']) {
    const modelPath = join(shared, 'zoo', `${name}.onnx`);
    if (!existsSync(modelPath)) {
      console.log(`${name}: skipped, there is no ${modelPath}`);
      continue;
    }
    const card = modelCardSchema.parse(JSON.parse(readFileSync(join(shared, 'zoo', `${name}.card.json`), 'utf8')));
    const bare: Time[] = [];
    const cold: Time[] = [];
    const warm: Time[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await runBare(modelPath, card, count));
      rmSync(join(cacheFolder, 'crops'), { recursive: true, force: true });
      cold.push(await runEvaluation(modelPath, card, dataset.eval));
      warm.push(await runEvaluation(modelPath, card, dataset.eval));
    }
    const base = fastest(bare);
    for (const measure of ['wall', 'cpu'] as const) {
      const show = (times: Time[]): string => {
        const time = fastest(times)[measure];
        return `${(time / count).toFixed(2).padStart(7)} (${(time / base[measure]).toFixed(3)})`;
      };
      console.log(
        `${name.padEnd(14)} ${measure.padEnd(4)}  bare ${show(bare)}  cold ${show(cold)}  warm ${show(warm)}`,
      );
    }
  }
} finally {
  rmSync(cacheFolder, { recursive: true, force: true });
}
