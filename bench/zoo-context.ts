import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { datasetSpecSchema } from '../src/shared/dataset';
import { modelCardSchema, type ModelCard } from '../src/shared/model-card';
import { openImagesInThread } from '../src/main/engine/dataset/threaded-images';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { createRandom } from '../src/main/engine/compression/algebra/random';
import type { Graph } from '../src/main/engine/onnx/graph';
import { loadModel } from '../src/main/engine/onnx/load';
import { simplify } from '../src/main/engine/onnx/simplify';
import type { CalibrationImages, TechniqueContext } from '../src/main/engine/compression/calibration/technique-context';
import { noTrainingImages } from '../test/fixtures/no-training-images';

/** Where the networks and images of the measurements are. */
export const shared = resolve(process.env.WHITTLE_SHARED ?? '../shared');

export const networks = ['squeezenet1.1', 'mobilenetv2', 'resnet50'];

export const isInZoo = (name: string): boolean => existsSync(join(shared, 'zoo', `${name}.onnx`));

export interface ZooOrder {
  name: string;
  /** Calibration images. */
  count: number;
  threads: number;
  dataset: string;
  cacheFolder: string;
}

/** A network of the zoo and what a technique gets with it; nothing is cached but decoded images. */
export async function zooContext({ name, count, threads, dataset: path, cacheFolder }: ZooOrder): Promise<{
  card: ModelCard;
  graph: Graph;
  context: TechniqueContext;
}> {
  const card = modelCardSchema.parse(JSON.parse(readFileSync(join(shared, 'zoo', `${name}.card.json`), 'utf8')));
  const graph = simplify(await loadModel(join(shared, 'zoo', `${name}.onnx`)));
  const dataset = await openDataset(datasetSpecSchema.parse({ path, eval: 0, calibration: count }), { cacheFolder });
  const images = openImagesInThread(dataset.calibration, card, { cacheFolder });
  const calibration: CalibrationImages = {
    count: images.count,
    async *batches(size) {
      for await (const { data, shape } of images.batches(size)) yield { data: data as Float32Array, shape };
    },
  };
  const context: TechniqueContext = {
    card,
    calibration,
    images: (split) => ({ calibration, train: noTrainingImages })[split],
    cached: Object.assign(<T>(_key: unknown, compute: () => Promise<T>) => compute(), {
      peek: () => Promise.resolve(undefined),
    }),
    reference: () => Promise.resolve(graph),
    seed: 1,
    threads,
    rng: createRandom(1),
    progress: () => undefined,
    note: () => undefined,
    log: () => undefined,
    signal: new AbortController().signal,
  };
  return { card, graph, context };
}
