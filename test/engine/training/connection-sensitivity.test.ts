import { expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import type { TrainingImages } from '../../../src/main/engine/compression/calibration/technique-context';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { connectionSensitivity } from '../../../src/main/engine/training/connection-sensitivity';
import { makeGraph, noise, noiseTensor } from '../../fixtures/graphs';
import { plainTrainingImages } from '../../fixtures/plain-training-images';
import { cardFor, contextFor } from '../techniques/small-networks';

const [pixels, classes, count, batch] = [12, 3, 8, 4];
const data = noise(count * pixels, 5);

/** Scores of three classes, W x, with a weight that nothing reads. */
const network: Graph = makeGraph({
  inputs: [makeValue('input', 'float32', ['batch', 3, 2, 2])],
  outputs: [makeValue('logits', 'float32', ['batch', classes])],
  nodes: [
    makeNode('Flatten', ['input'], ['flat']),
    makeNode('Gemm', ['flat', 'w'], ['logits'], { transB: attr.int(1) }),
    makeNode('Gemm', ['flat', 'idle'], ['unread'], { transB: attr.int(1) }),
  ],
  initializers: { w: noiseTensor([classes, pixels], 2), idle: noiseTensor([2, pixels], 3) },
});
const weights = network.initializers.get('w')!.data as Float32Array;

function trainingImages(labels?: readonly number[]): TrainingImages {
  const batches: TrainingImages['batches'] = async function* (size) {
    for (let first = 0; first < count; first += size)
      yield {
        data: data.slice(first * pixels, (first + size) * pixels),
        shape: [size, 3, 2, 2],
        labels: Array.from({ length: size }, (_, at) => labels?.[first + at] ?? -1),
      };
  };
  return plainTrainingImages({ count, isLabelled: labels !== undefined, batches });
}

const scoresOf = (image: Float32Array): number[] =>
  Array.from({ length: classes }, (_, row) =>
    image.reduce((sum, pixel, at) => sum + pixel * weights[row * pixels + at]!, 0),
  );

/** (p - y) x^T, the mean over a batch, times the weights; of these magnitudes the mean over batches. By hand, in the order of an epoch. */
async function expected(images: TrainingImages): Promise<number[]> {
  const sums = new Float64Array(weights.length);
  const order = { seed: 1, epoch: 0, batch, lastBatch: 'drop' } as const;
  for await (const { pixels: taken, labels } of images.trainingBatches(order)) {
    const gradient = new Float64Array(weights.length);
    const isClass = Array.from({ length: batch }, (_, at) => labels === undefined || labels[at]! >= 0);
    for (let at = 0; at < batch; at++) {
      const image = taken.subarray(at * pixels, (at + 1) * pixels);
      const scores = scoresOf(image);
      const label = labels?.[at] ?? scores.indexOf(Math.max(...scores));
      const powers = scores.map(Math.exp);
      const sum = powers.reduce((total, power) => total + power, 0);
      for (let row = 0; row < classes && label >= 0; row++)
        image.forEach((pixel, column) => {
          const error = powers[row]! / sum - (row === label ? 1 : 0);
          gradient[row * pixels + column]! += (error * pixel) / isClass.filter(Boolean).length;
        });
    }
    gradient.forEach((slope, at) => (sums[at]! += Math.abs(slope * weights[at]!) / (count / batch)));
  }
  return [...sums];
}

test.each([
  ['labels', [0, 1, 2, 0, 2, 1, 0, 1]],
  ['labels of some', [0, -1, 2, -1, 2, 1, -1, 1]],
  ['the classes of the float network where there are no labels', undefined],
])('by %s: |gradient x weight| as computed by hand', async (_, labels) => {
  const images = trainingImages(labels);
  const order = { names: ['w', 'idle'], batch, batches: 2, augmentation: augmentations.gentle };
  const context = contextFor(cardFor(network), data, [3, 2, 2]);
  const found = await connectionSensitivity('test', network, network, images, order, context);
  const numbers = [...(found.get('w')!.data as Float32Array)];
  const wanted = await expected(images);
  numbers.forEach((value, at) => expect(value).toBeCloseTo(wanted[at]!, 5));
  expect(Math.max(...wanted)).toBeGreaterThan(0.01);
  expect(found.get('idle')!.data).toEqual(new Float32Array(2 * pixels));
  expect(context.steps.at(-1)).toEqual(['rating weights', 1, 2]);
});
