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
import { picturePool, type Pool } from './pool';
import { trainingPictures } from './training-pictures';

const seed = 7;
const batch = 64;
/** Pictures with clutter, and plain ones to begin on: from cluttered ones alone learning starts very late. */
const counts = { train: 12_000, plain: 3_000 } as const;

interface Stage extends Pick<ScratchOptions, 'statistics' | 'learningRate'> {
  /** Times that every plain picture is seen, then every cluttered one. */
  plain: number;
  cluttered: number;
}

/** With statistics of batches while much changes, then, at half the price, with those that were gathered. */
const stages: Record<NetworkName, readonly Stage[]> = {
  'mobilenetv2-starter': [
    { statistics: 'batch', learningRate: 4e-3, plain: 6, cluttered: 4 },
    { statistics: 'running', learningRate: 1e-3, plain: 0, cluttered: 6 },
  ],
  'resnet-starter': [
    { statistics: 'batch', learningRate: 3e-3, plain: 6, cluttered: 4 },
    { statistics: 'running', learningRate: 1e-3, plain: 0, cluttered: 6 },
  ],
  'squeezenet-starter': [
    { statistics: 'batch', learningRate: 3e-3, plain: 6, cluttered: 4 },
    { statistics: 'running', learningRate: 1e-3, plain: 0, cluttered: 6 },
  ],
};

/** Its norms only help training; the published network has none. */
const withoutNorms: readonly NetworkName[] = ['squeezenet-starter'];

/** Trains a network from random weights and writes its file. A run that was interrupted goes on where it was. */
export async function trainNetwork(name: NetworkName, threads: number): Promise<void> {
  const pools = { train: await picturePool('train', counts.train), plain: await picturePool('plain', counts.plain) };
  let graph: Graph = initialized(networks[name](name), `${seed} ${name}`);
  for (const [number, stage] of stages[name].entries()) {
    const began = performance.now();
    graph = await runStage(name, `${name}-${number + 1}`, graph, stage, pools, threads);
    console.log(`${name}: stage ${number + 1} took ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  const finished = withoutNorms.includes(name) ? foldBatchNorm(graph) : graph;
  await mkdir(dirname(modelPath(name)), { recursive: true });
  await saveModel(finished, modelPath(name));
  for (const number of stages[name].keys()) await rm(checkpointOf(`${name}-${number + 1}`), { force: true });
}

const checkpointOf = (title: string): string => join(workFolder, `${title}.checkpoint`);

async function runStage(
  name: NetworkName,
  title: string,
  graph: Graph,
  stage: Stage,
  pools: Record<keyof typeof counts, Pool>,
  threads: number,
): Promise<Graph> {
  const card = cardOf(name);
  const images = trainingPictures(card, (epoch) => (epoch < stage.plain ? pools.plain : pools.train), pools.train);
  const stepsIn = ({ count }: Pool, epochs: number): number => epochs * Math.floor(count / batch);
  const iterations = stepsIn(pools.plain, stage.plain) + stepsIn(pools.train, stage.cluttered);
  const options: ScratchOptions = {
    ...{ batch, iterations, labelShare: 1, temperature: 1, featureWeight: 0 },
    ...{ learningRate: stage.learningRate, weightDecay: 0.02, largestNorm: 2, statistics: stage.statistics },
    optimizer: adamW({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
    // The pictures have a way of their own to vary.
    augmentation: augmentations.gentle,
    checkpointMs: 30_000,
  };
  const trained = await trainFromScratch(name, graph, undefined, images, options, {
    card,
    seed,
    threads,
    progress: (_, done, total) => done % 50 === 0 && console.log(`${title}: step ${done} of ${total}`),
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
