/**
 * Wall time, processor time and peak memory of a recipe on each network of the zoo, in a process of its own, decoded images cached before
 * (goal for resnet50: at most 6 minutes on two cores). Nothing is kept between recipes, so all measurements of layers are made.
 * Usage: compress [recipe, such as "prune.channels{macs:0.85} | prune.secondOrder"] [networks, comma separated] [threads] [images] [dataset folder]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRecipe } from '../src/shared/recipe-syntax';
import { peakMemoryBytes } from '../src/main/engine/measure/latency/memory';
import { countMacs } from '../src/main/engine/onnx/count';
import { encodeModel } from '../src/main/engine/onnx/save';
import { applyStep } from '../src/main/engine/techniques/apply-step';
import { isInZoo, networks, shared, zooContext, type ZooOrder } from './zoo-context';

interface Order extends ZooOrder {
  recipe: string;
  /** Fill the cache of decoded images and end. */
  onlyCrops: boolean;
}

const cropBatch = 8;

async function runOne({ recipe, onlyCrops, ...order }: Order): Promise<void> {
  const { graph, context } = await zooContext(order);
  if (onlyCrops) {
    for await (const batch of context.calibration.batches(cropBatch)) void batch;
    return;
  }
  const start = performance.now();
  let result = graph;
  for (const { technique, params } of parseRecipe(recipe)) result = await applyStep(result, technique, params, context);
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage();
  const peak = await peakMemoryBytes();
  const share = (100 * countMacs(result)) / countMacs(graph);
  const bytes = encodeModel(result).length;
  console.log(
    `${order.name.padEnd(14)} ${wall.toFixed(0).padStart(5)} s  processor ${((user + system) / 1e6).toFixed(0).padStart(5)} s  ` +
      `peak ${(peak / 1e6).toFixed(0).padStart(5)} MB  ${share.toFixed(1)} % of the MACs in ${bytes} bytes`,
  );
}

const [first = 'prune.channels', ...rest] = process.argv.slice(2);
if (first === '--one') await runOne(JSON.parse(rest[0]!) as Order);
else {
  const [names = networks.join(), threads = '2', images = '256', dataset = join(shared, 'imagenet')] = rest;
  const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-compress-'));
  const inProcess = (order: Order): void => {
    const file = fileURLToPath(import.meta.url);
    spawnSync(process.execPath, [...process.execArgv, file, '--one', JSON.stringify(order)], { stdio: 'inherit' });
  };
  try {
    for (const name of names.split(',')) {
      if (!isInZoo(name)) {
        console.log(`${name}: skipped, it is not in ${shared}/zoo`);
        continue;
      }
      const order = { recipe: first, name, count: Number(images), threads: Number(threads), dataset, cacheFolder };
      inProcess({ ...order, onlyCrops: true });
      inProcess({ ...order, onlyCrops: false });
    }
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true });
  }
}
