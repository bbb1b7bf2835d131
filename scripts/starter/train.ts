import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { augmentations } from '../../src/shared/augmentation';
import { adamW } from '../../src/main/engine/gradients/optimizers';
import { foldBatchNorm } from '../../src/main/engine/onnx/fold-batch-norm';
import type { Graph } from '../../src/main/engine/onnx/graph';
import { saveModel } from '../../src/main/engine/onnx/save';
import { trainFromScratch, type ScratchOptions } from '../../src/main/engine/training/from-scratch';
import { initialized } from '../../src/main/engine/training/initialize';
import { cardOf } from './card';
import { modelPath, workFolder } from './folders';
import { networks, type NetworkName } from './networks';
import { picturePool } from './pool';
import { trainingPictures } from './training-pictures';

const seed = 7;
const batch = 32;

interface Stage extends Pick<ScratchOptions, 'statistics' | 'learningRate'> {
  pictures: 'plain' | 'train';
  count: number;
  /** Times that every picture is seen. */
  epochs: number;
}

/**
 * Plain pictures first: from cluttered ones alone learning starts very late. In the end norms keep the statistics that they gathered, which
 * takes less time.
 */
const stages: readonly Stage[] = [
  { pictures: 'plain', count: 2_000, epochs: 10, statistics: 'batch', learningRate: 3e-3 },
  { pictures: 'train', count: 8_000, epochs: 8, statistics: 'batch', learningRate: 3e-3 },
  { pictures: 'train', count: 8_000, epochs: 6, statistics: 'running', learningRate: 1e-3 },
];

/** Its norms only help training; the published network has none. */
const withoutNorms: readonly NetworkName[] = ['squeezenet-starter'];

/** Trains a network from random weights and writes its file. A run that was interrupted goes on where it was. */
export async function trainNetwork(name: NetworkName, threads: number): Promise<void> {
  let graph = initialized(networks[name](name), `${seed} ${name}`);
  for (const [at, stage] of stages.entries()) {
    const began = performance.now();
    graph = await runStage(name, `${name}-${at + 1}`, graph, stage, threads);
    console.log(`${name}: stage ${at + 1} took ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  const finished = withoutNorms.includes(name) ? foldBatchNorm(graph) : graph;
  await mkdir(dirname(modelPath(name)), { recursive: true });
  await saveModel(finished, modelPath(name));
  for (const at of stages.keys()) await rm(checkpointOf(`${name}-${at + 1}`), { force: true });
}

const checkpointOf = (title: string): string => join(workFolder, `${title}.checkpoint`);

async function runStage(name: NetworkName, title: string, graph: Graph, stage: Stage, threads: number): Promise<Graph> {
  const card = cardOf(name);
  const images = trainingPictures(card, await picturePool(stage.pictures, stage.count));
  const options: ScratchOptions = {
    ...{ batch, labelShare: 1, temperature: 1, featureWeight: 0, weightDecay: 0.02, largestNorm: 2 },
    ...{ learningRate: stage.learningRate, statistics: stage.statistics },
    iterations: Math.floor((stage.epochs * stage.count) / batch),
    optimizer: adamW(),
    // The pictures have a way of their own to vary.
    augmentation: augmentations.gentle,
    checkpointMs: 30_000,
  };
  const trained = await trainFromScratch(name, graph, undefined, images, options, {
    card,
    seed,
    threads,
    progress: (_, done, total) => done % 100 === 0 && console.log(`${title}: step ${done} of ${total}`),
    signal: new AbortController().signal,
    checkpoint: {
      save: (bytes) => writeFile(checkpointOf(title), bytes),
      latest: () => readFile(checkpointOf(title)).catch(() => undefined),
    },
  });
  const { before, after } = trained.judgement;
  console.log(`${title}: loss on held-out pictures ${before?.toFixed(3)} before, ${after?.toFixed(3)} after`);
  return trained.graph;
}
