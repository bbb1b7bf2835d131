/**
 * What observing activations costs: peak memory of a process of its own for 100, 500 and 1,000 calibration images (goal: within 5 % of each
 * other), and the time of the pass, reading cached images included, over that of the bare session.run calls at the same batch (goal: at
 * most 1.5), in rounds that alternate; the fastest of each counts.
 * Usage: calibration [networks, comma separated] [threads] [image counts, comma separated] [dataset folder]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { calibrationBatch, observeActivations } from '../src/main/engine/compression/calibration/observe-activations';
import { planQdq } from '../src/main/engine/compression/quantization/qdq-plan';
import { peakMemoryBytes } from '../src/main/engine/measure/latency/memory';
import { encodeModel } from '../src/main/engine/onnx/save';
import { ort } from '../src/main/engine/runtimes/ort';
import { timed, type Time } from './thread-time';
import { isInZoo, networks, shared, zooContext, type ZooOrder } from './zoo-context';

const rounds = 3;

interface Order extends ZooOrder {
  /** Fill the cache of decoded images and end: decoding takes memory of its own. */
  onlyCrops: boolean;
}

async function runOne({ name, count, threads, dataset, cacheFolder, onlyCrops }: Order): Promise<void> {
  const { card, graph, context } = await zooContext({ name, count, threads, dataset, cacheFolder });
  if (onlyCrops) {
    for await (const batch of context.calibration.batches(calibrationBatch)) void batch;
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
  const [threads = '1', counts = '100,500,1000', dataset = join(shared, 'imagenet')] = rest;
  const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-calibration-'));
  const sizes = counts.split(',').map(Number);
  const inProcess = (order: Order): void => {
    const file = fileURLToPath(import.meta.url);
    spawnSync(process.execPath, [file, '--one', JSON.stringify(order)], { stdio: 'inherit' });
  };
  try {
    for (const name of first?.split(',') ?? networks) {
      if (!isInZoo(name)) {
        console.log(`${name}: skipped, it is not in ${shared}/zoo`);
        continue;
      }
      const order = { name, threads: Number(threads), dataset, cacheFolder };
      inProcess({ ...order, count: Math.max(...sizes), onlyCrops: true });
      for (const count of sizes) inProcess({ ...order, count, onlyCrops: false });
    }
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true });
  }
}
