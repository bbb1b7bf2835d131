/**
 * What fine-tuning recovers: top-1 on evaluation images of the float network, after a recipe, and after the same recipe and `finetune`, with the
 * time and the peak memory of the training. Training images are the calibration images.
 * Usage: fine-tune [network] [recipe, such as "prune.magnitude{amount:0.7}"] [finetune, with parameters] [training images] [evaluation images] [threads]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetSpecSchema } from '../src/shared/dataset';
import { parseRecipe } from '../src/shared/recipe-syntax';
import { openImagesInThread } from '../src/main/engine/dataset/threaded-images';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { accuracyMetrics } from '../src/main/engine/measure/accuracy/accuracy';
import { evaluateModel } from '../src/main/engine/measure/accuracy/evaluate';
import { peakMemoryBytes } from '../src/main/engine/measure/latency/memory';
import type { Graph } from '../src/main/engine/onnx/graph';
import { saveModel } from '../src/main/engine/onnx/save';
import { ort } from '../src/main/engine/runtimes/ort';
import { applyStep } from '../src/main/engine/techniques/apply-step';
import { shared, zooContext } from './zoo-context';

const [
  name = 'mobilenetv2',
  recipe = 'prune.magnitude{amount:0.7}',
  tuning = 'finetune',
  count = '256',
  evaluated = '500',
  threads = '2',
] = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), 'whittle-fine-tune-'));
try {
  const dataset = join(shared, 'imagenet');
  const order = { name, count: Number(count), threads: Number(threads), dataset, cacheFolder: folder };
  const { card, graph, context } = await zooContext(order);
  const spec = datasetSpecSchema.parse({ path: dataset, eval: Number(evaluated), calibration: 0 });
  const { eval: images } = await openDataset(spec, { cacheFolder: folder });
  const show = async (label: string, network: Graph): Promise<void> => {
    const modelPath = join(folder, 'network.onnx');
    await saveModel(network, modelPath);
    const { signal } = context;
    const opened = openImagesInThread(images, card, { cacheFolder: folder });
    const options = { modelPath, card, images: opened, runtime: ort, threads: order.threads, signal };
    const { top1 } = accuracyMetrics(await evaluateModel({ ...options, progress: () => undefined }));
    console.log(`${label}: top-1 ${top1}`);
  };
  const apply = async (network: Graph, text: string): Promise<Graph> => {
    let result = network;
    for (const { technique, params } of parseRecipe(text)) result = await applyStep(result, technique, params, context);
    return result;
  };
  console.log(`${name}, ${count} training images, ${evaluated} evaluation images, ${threads} threads`);
  await show('float', graph);
  const before = await apply(graph, recipe);
  await show(recipe, before);
  const start = performance.now();
  const after = await apply(before, tuning);
  const seconds = (performance.now() - start) / 1000;
  await show(`${recipe} | ${tuning}`, after);
  console.log(`${seconds.toFixed(0)} s, peak ${((await peakMemoryBytes()) / 1e9).toFixed(1)} GB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
