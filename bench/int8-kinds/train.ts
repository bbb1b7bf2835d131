import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { picturePool, type Pool } from '../../scripts/starter/pool';
import { trainingPictures } from '../../scripts/starter/training-pictures';
import { labelNames } from '../../scripts/starter/picture';
import { augmentations } from '../../src/shared/augmentation';
import { modelCardSchema, type ModelCard } from '../../src/shared/model-card';
import { adamW } from '../../src/main/engine/gradients/optimizers';
import type { Graph } from '../../src/main/engine/onnx/graph';
import { loadModel } from '../../src/main/engine/onnx/load';
import { saveModel } from '../../src/main/engine/onnx/save';
import { trainFromScratch } from '../../src/main/engine/training/from-scratch';
import { initialized } from '../../src/main/engine/training/initialize';
import { inputSide, kinds } from './networks';

const seed = 7;
const batch = 32;
const resizedSide = 56;
const counts = { trained: 12_000, evaluated: 8_000 };

export function cardOf(name: string): ModelCard {
  return modelCardSchema.parse({
    name,
    file: `${name}.onnx`,
    task: 'image-classification',
    labels: 'starter-10',
    labelNames,
    input: { name: 'input', layout: 'NCHW', channels: 'RGB', height: inputSide, width: inputSide },
    output: { name: 'logits', classes: labelNames.length },
    preprocess: {
      resize: resizedSide,
      crop: inputSide,
      interpolation: 'bilinear',
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
    },
  });
}

export interface Pictures {
  trained: Pool;
  /** Of which no network was shown any. */
  evaluated: Pool;
}

/** Rendered pictures without clutter: they are learned within minutes. */
export async function pictures(): Promise<Pictures> {
  const { pixels, side } = await picturePool('plain', counts.trained + counts.evaluated, resizedSide);
  const first = (pixels.length / (counts.trained + counts.evaluated)) * counts.trained;
  return {
    trained: { pixels: pixels.subarray(0, first), count: counts.trained, side },
    evaluated: { pixels: pixels.subarray(first), count: counts.evaluated, side },
  };
}

/** A trained network of a kind, from the folder where it was trained before. */
export async function trainedNetwork(kind: string, { trained }: Pictures, folder: string): Promise<Graph> {
  const path = join(folder, `${kind}.onnx`);
  if (existsSync(path)) return loadModel(path);
  const { make, learningRate, iterations } = kinds[kind]!;
  const card = cardOf(kind);
  let graph = initialized(make(kind), `${seed} ${kind}`);
  const start = performance.now();
  for (const [statistics, share, rate] of [
    ['batch', 0.8, 1],
    ['running', 0.2, 0.2],
  ] as const) {
    const result = await trainFromScratch(
      kind,
      graph,
      undefined,
      trainingPictures(card, trained),
      {
        ...{ batch, labelShare: 1, temperature: 1, featureWeight: 0, weightDecay: 0.02, largestNorm: 2, statistics },
        iterations: Math.round(share * iterations),
        learningRate: rate * learningRate,
        optimizer: adamW(),
        // The pictures have a way of their own to vary.
        augmentation: augmentations.gentle,
      },
      {
        ...{ card, seed, threads: 1, signal: new AbortController().signal },
        progress: (_, done, total) => done % 100 === 0 && console.error(`${kind}: step ${done} of ${total}`),
      },
    );
    graph = result.graph;
    const { before, after } = result.judgement;
    console.error(`${kind}: loss on held-out pictures ${before?.toFixed(3)} before, ${after?.toFixed(3)} after`);
  }
  console.error(`${kind}: trained in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  await mkdir(folder, { recursive: true });
  await saveModel(graph, path);
  return graph;
}
