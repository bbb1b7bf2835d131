/**
 * Whether training images keep up: images a second while nothing else runs, with nothing decoded yet and with all decoded, and the share of
 * time that a training step waits for them. The step is simulated: it computes on as many cores as are said for as long as is said; PyTorch's
 * steps of 16 images on two threads took 440 ms (squeezenet1.1), 940 (mobilenetv2), 3540 (resnet50). Goal: waits under 10 %.
 * Usage: training-images [steps in ms, comma separated] [cores of a step] [images] [batch] [strong or gentle] [dataset folder]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { augmentations } from '../src/shared/augmentation';
import { datasetSpecSchema } from '../src/shared/dataset';
import { modelCardSchema } from '../src/shared/model-card';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { stepImages } from '../src/main/engine/dataset/step-images';
import type { ImageSet } from '../src/main/engine/dataset/dataset';
import { openTrainingImages } from '../src/main/engine/dataset/training/training-images';
import { shared } from './zoo-context';

const [steps = '440,940,3540', cores = '2', wanted = '500', batchSize = '16', kind = 'strong', folder] =
  process.argv.slice(2);
const path = folder ?? join(shared, 'imagenet');
const augmentation = augmentations[kind === 'gentle' ? 'gentle' : 'strong'];
const batch = Number(batchSize);
const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-training-'));
const card = modelCardSchema.parse(JSON.parse(readFileSync(join(shared, 'zoo', 'mobilenetv2.card.json'), 'utf8')));

/** Other threads that compute while `computing[0]` is 1. */
const computing = new Int32Array(new SharedArrayBuffer(4));
const others = Array.from({ length: Number(cores) - 1 }, () => {
  const loop = `const { workerData: on } = require('node:worker_threads');
for (;;) { Atomics.wait(on, 0, 0); for (let i = 0; i < 1e5 && on[0] === 1; i++); }`;
  return new Worker(loop, { eval: true, workerData: computing });
});

/** Keeps this thread, as inference does, and the others busy. */
function step(ms: number): void {
  if (ms === 0) return;
  Atomics.store(computing, 0, 1);
  Atomics.notify(computing, 0);
  const end = performance.now() + ms;
  while (performance.now() < end);
  Atomics.store(computing, 0, 0);
}

try {
  const spec = datasetSpecSchema.parse({ path, eval: 1, calibration: Number(wanted) });
  const dataset = await openDataset(spec, { cacheFolder, upTo: ['calibration'] });
  const set = stepImages('train', dataset, card) as ImageSet<'train'>;
  console.log(`${set.entries.length} images, batch ${batch}, ${kind}; a step computes on ${cores} cores`);
  const images = openTrainingImages(set, card);
  let epoch = 0;
  const measure = async (name: string, ms: number, most = Infinity): Promise<void> => {
    const batches = images.trainingBatches({ seed: 1, epoch: epoch++, batch, augmentation });
    const [began, cpuBegan] = [performance.now(), process.cpuUsage()];
    let [seen, done, firstMs] = [0, 0, 0];
    for await (const { count } of batches) {
      if (done++ === 0) firstMs = batches.waitedMs;
      step(ms);
      seen += count;
      if (done === most) break;
    }
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpuBegan);
    const cpu = ms === 0 ? `, ${((user + system) / 1000 / seen).toFixed(2)} ms of processor time an image` : '';
    const waits = `waits ${((batches.waitedMs / seconds / 1000) * 100).toFixed(1)} %`;
    const first = `${firstMs.toFixed(0)} ms of it for the first batch`;
    console.log(
      `${name.padEnd(22)} ${(seen / seconds).toFixed(1).padStart(7)} images a second, ${waits}, ${first}${cpu}`,
    );
  };
  await measure('no step, cold', 0);
  await measure('no step, decoded', 0);
  for (const ms of steps.split(',').map(Number))
    await measure(`step of ${ms} ms`, ms, Math.max(8, Math.round(20_000 / ms)));
  await images.close();
} finally {
  for (const other of others) await other.terminate();
  rmSync(cacheFolder, { recursive: true, force: true });
}
