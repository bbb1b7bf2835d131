import { beforeAll, describe, expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import type { TrainingRecord } from '@shared/training-record';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { adamW, sgd } from '../../../src/main/engine/gradients/optimizers';
import { foldBatchNorm } from '../../../src/main/engine/onnx/fold-batch-norm';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { trainFromScratch, type ScratchOptions } from '../../../src/main/engine/training/from-scratch';
import { initialized } from '../../../src/main/engine/training/initialize';
import { plainTrainingImages } from '../../fixtures/plain-training-images';
import { accuracyOf, asImages, stripeClasses, stripedImages } from '../../fixtures/striped-images';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  NetworkBuilder,
  relativeError,
  runGraph,
} from '../techniques/small-networks';

/** Two convolutions with batch norms, and a classifier. */
function stripesNetwork(): Graph {
  const net = new NetworkBuilder(1);
  const layer = (input: string, name: string, from: number, to: number): string =>
    net.node(
      'Relu',
      [net.batchNorm(net.conv(input, name, from, to, 3, { bias: false }), `${name}.bn`, to)],
      `${name}.relu`,
    );
  return net.head(layer(layer('input', 'first', 3, 8), 'second', 8, 16), 16, stripeClasses);
}

const start = initialized(stripesNetwork(), 1);
const seen = stripedImages(256, 1);
const fresh = stripedImages(200, 2);
const base: ScratchOptions = {
  batch: 16,
  iterations: 120,
  labelShare: 1,
  temperature: 1,
  featureWeight: 0,
  augmentation: augmentations.gentle,
  learningRate: 0.01,
  weightDecay: 0.01,
  optimizer: adamW(),
  statistics: 'batch',
  largestNorm: 2,
  checkpointMs: 0,
};

async function trained(
  network: Graph,
  options: Partial<ScratchOptions> = {},
  context: Partial<TechniqueContext> = {},
): Promise<Graph> {
  const images = plainTrainingImages(asImages(seen));
  const whole = { ...contextFor(cardFor(network)), ...context };
  return (await trainFromScratch('test', network, undefined, images, { ...base, ...options }, whole)).graph;
}

const accuracy = async (graph: Graph): Promise<number> => accuracyOf(await runGraph(graph, fresh.pixels), fresh.labels);

describe('a network with batch norms, from random weights', () => {
  let result: Graph;
  beforeAll(async () => {
    result = await trained(start);
  });

  test('learns, and what it learned holds with the statistics that it gathered', async () => {
    expect(await accuracy(start)).toBeLessThan(0.5);
    expect(await accuracy(result)).toBeGreaterThan(0.85);
    expect(result.initializers.get('first.bn.m')).not.toEqual(start.initializers.get('first.bn.m'));
    expect(result.nodes).toEqual(start.nodes);
  });

  test('it is judged as it answers: with the statistics that it gathered', async () => {
    const [images, records] = [plainTrainingImages(asImages(seen)), [] as TrainingRecord[]];
    const context = { ...contextFor(cardFor(start)), trained: (record: TrainingRecord) => void records.push(record) };
    const { graph, judgement } = await trainFromScratch('test', start, undefined, images, base, context);
    const { heldOut } = images.holdOut(judgement.images, context.seed);
    let [sum, count] = [0, 0];
    for await (const { data, labels } of heldOut.batches(base.batch)) {
      const scores = await runGraph(graph, data.slice());
      labels.forEach((label, row) => {
        const own = Array.from(scores.subarray(row * stripeClasses, (row + 1) * stripeClasses));
        sum -= own[label]! - Math.log(own.reduce((total, score) => total + Math.exp(score), 0));
        count++;
      });
    }
    expect(count).toBe(judgement.images);
    expect(judgement.after).toBeCloseTo(sum / count, 4);
    expect(records).toEqual([judgement.record]);
  });

  test('its norms fold as any', async () => {
    const folded = foldBatchNorm(result);
    expect(folded.nodes.filter(({ op }) => op === 'BatchNormalization')).toEqual([]);
    const scores = await Promise.all([folded, result].map((graph) => runGraph(graph, fresh.pixels)));
    expect(relativeError(scores[0]!, scores[1]!)).toBeLessThan(1e-4);
  });

  test('goes on with norms as they are where that is asked for', async () => {
    const further = await trained(result, { statistics: 'running', learningRate: 1e-3, iterations: 20 });
    for (const name of ['first.bn.m', 'first.bn.v'])
      expect(further.initializers.get(name)).toEqual(result.initializers.get(name));
    expect(further.initializers.get('first.weight')).not.toEqual(result.initializers.get('first.weight'));
    expect(await accuracy(further)).toBeGreaterThan(0.85);
  });
});

test('gradient descent with momentum learns too', async () => {
  const optimizer = sgd({ momentum: 0.9, nesterov: true });
  expect(await accuracy(await trained(start, { optimizer, learningRate: 0.05, weightDecay: 1e-4 }))).toBeGreaterThan(
    0.8,
  );
});

test('the same seed gives the same file, also after an interruption', async () => {
  const few = { iterations: 20 };
  const whole = fingerprintOf(await trained(start, few));
  expect(fingerprintOf(await trained(start, few))).toBe(whole);
  expect(fingerprintOf(await trained(start, few, { seed: 2 }))).not.toBe(whole);
  let bytes: Uint8Array | undefined;
  const controller = new AbortController();
  const checkpoint = { save: async (next: Uint8Array) => void (bytes = next.slice()), latest: async () => bytes };
  const progress = (_: string, done: number): void => void (done === 15 && controller.abort());
  await expect(trained(start, few, { checkpoint, progress, signal: controller.signal })).rejects.toThrow();
  expect(fingerprintOf(await trained(start, few, { checkpoint }))).toBe(whole);
});
