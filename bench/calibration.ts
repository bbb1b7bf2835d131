/**
 * What observing activations costs: peak memory of a process of its own for 100, 500 and 1,000 calibration images (goal: within 5 % of each
 * other), and the time of the pass, reading cached images included, over that of the bare session.run calls at the same batch (goal: at
 * most 1.5), in rounds that alternate; the fastest of each counts.
 * Usage: calibration [networks, comma separated] [threads] [image counts, comma separated] [dataset folder]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datasetSpecSchema } from '../src/shared/dataset';
import { modelCardSchema } from '../src/shared/model-card';
import { openImagesInThread } from '../src/main/engine/dataset/threaded-images';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { calibrationBatch, observeActivations } from '../src/main/engine/math/calibration/observe-activations';
import { planQdq } from '../src/main/engine/math/quantization/qdq-plan';
import { createRandom } from '../src/main/engine/math/algebra/random';
import { peakMemoryBytes } from '../src/main/engine/measure/memory';
import { loadModel } from '../src/main/engine/onnx/load';
import { encodeModel } from '../src/main/engine/onnx/save';
import { simplify } from '../src/main/engine/onnx/simplify';
import { ort } from '../src/main/engine/runtimes/ort';
import type { TechniqueContext } from '../src/main/engine/techniques/technique';
import { timed, type Time } from './thread-time';

const rounds = 3;
const shared = resolve(process.env.WHITTLE_SHARED ?? '../shared');

interface Order {
  name: string;
  count: number;
  threads: number;
  path: string;
  cacheFolder: string;
  /** Fill the cache of decoded images and end: decoding takes memory of its own. */
  onlyCrops: boolean;
}

async function runOne({ name, count, threads, path, cacheFolder, onlyCrops }: Order): Promise<void> {
  const card = modelCardSchema.parse(JSON.parse(readFileSync(join(shared, 'zoo', `${name}.card.json`), 'utf8')));
  const graph = simplify(await loadModel(join(shared, 'zoo', `${name}.onnx`)));
  const dataset = await openDataset(datasetSpecSchema.parse({ path, eval: 0, calibration: count }), { cacheFolder });
  const images = openImagesInThread(dataset.calibration, card, { cacheFolder });
  if (onlyCrops) {
    for await (const batch of images.batches(calibrationBatch)) void batch;
    return;
  }

  const { height, width } = card.input;
  const data = new Float32Array(calibrationBatch * 3 * height * width);
  const feeds = {
    [graph.inputs[0]!.name]: { type: 'float32' as const, shape: [calibrationBatch, 3, height, width], data },
  };
  const bare = async (): Promise<Time> => {
    const session = await ort.open(encodeModel(graph), { threads });
    await session.run(feeds);
    const time = await timed(async () => {
      for (let done = 0; done < count; done += calibrationBatch) await session.run(feeds);
    });
    await session.close();
    return time;
  };
  const plan = planQdq(graph);
  const values = plan.values.filter((value) => !plan.derived.has(value));
  const context: TechniqueContext = {
    card,
    calibration: {
      count: images.count,
      async *batches(size) {
        for await (const { data, shape } of images.batches(size)) yield { data: data as Float32Array, shape };
      },
    },
    cached: (_key, compute) => compute(),
    reference: () => Promise.resolve(graph),
    seed: 1,
    threads,
    rng: createRandom(1),
    progress: () => undefined,
    note: () => undefined,
    log: () => undefined,
    signal: new AbortController().signal,
  };
  const observe = (): Promise<Time> => timed(() => observeActivations(graph, values, context, 'bench'));
  // The pass comes first, so that the peak is its own.
  const observed = [await observe()];
  const peak = await peakMemoryBytes();
  const alone = [await bare()];
  for (let round = 1; round < rounds; round++) {
    observed.push(await observe());
    alone.push(await bare());
  }
  const shown = (['wall', 'cpu'] as const).map((measure) => {
    const [pass, base] = [observed, alone].map((times) => Math.min(...times.map((time) => time[measure])));
    const perImage = (time: number): string => (time / count).toFixed(2);
    return `${measure}: bare ${perImage(base!)} observed ${perImage(pass!)} (${(pass! / base!).toFixed(2)})`;
  });
  console.log(
    `${name.padEnd(14)} ${String(count).padStart(5)} images  peak ${(peak / 1e6).toFixed(0).padStart(5)} MB  ms an image, ${shown.join('  ')}`,
  );
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--one') await runOne(JSON.parse(rest[0]!) as Order);
else {
  const [threads = '1', counts = '100,500,1000', path = join(shared, 'imagenet')] = rest;
  const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-calibration-'));
  const sizes = counts.split(',').map(Number);
  const inProcess = (order: Order): void => {
    const file = fileURLToPath(import.meta.url);
    spawnSync(process.execPath, [file, '--one', JSON.stringify(order)], { stdio: 'inherit' });
  };
  try {
    for (const name of (first ?? 'squeezenet1.1,mobilenetv2,resnet50').split(',')) {
      if (!existsSync(join(shared, 'zoo', `${name}.onnx`))) {
        console.log(`${name}: skipped, it is not in ${shared}/zoo`);
        continue;
      }
      const order = { name, threads: Number(threads), path, cacheFolder };
      inProcess({ ...order, count: Math.max(...sizes), onlyCrops: true });
      for (const count of sizes) inProcess({ ...order, count, onlyCrops: false });
    }
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true });
  }
}
