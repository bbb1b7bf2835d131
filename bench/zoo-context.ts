import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { datasetSpecSchema } from '../src/shared/dataset';
import { modelCardSchema, type ModelCard } from '../src/shared/model-card';
import type { ImageSet } from '../src/main/engine/dataset/dataset';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { stepImages } from '../src/main/engine/dataset/step-images';
import { jobContext } from '../src/main/engine/jobs/job-context';
import type { Graph } from '../src/main/engine/onnx/graph';
import { loadModel } from '../src/main/engine/onnx/load';
import { simplify } from '../src/main/engine/onnx/simplify';
import type { TechniqueContext } from '../src/main/engine/compression/calibration/technique-context';

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
  const referencePath = join(shared, 'zoo', `${name}.onnx`);
  const graph = simplify(await loadModel(referencePath));
  const dataset = await openDataset(datasetSpecSchema.parse({ path, eval: 0, calibration: count }), { cacheFolder });
  // Training images are the calibration images, as steps get them where there are no others.
  const train = stepImages('train', dataset, card) as ImageSet<'train'>;
  const job = { referencePath, card, calibration: dataset.calibration, train, cacheFolder, seed: 1, threads };
  const context: TechniqueContext = {
    ...jobContext(job, {
      progress: () => undefined,
      note: (sentence) => console.log(`  ${sentence}`),
      log: () => undefined,
      checkpoint: { save: () => Promise.resolve(), latest: () => Promise.resolve(undefined) },
      signal: new AbortController().signal,
    }),
    cached: Object.assign(<T>(_key: unknown, compute: () => Promise<T>) => compute(), {
      peek: () => Promise.resolve(undefined),
    }),
    reference: () => Promise.resolve(graph),
  };
  return { card, graph, context };
}
