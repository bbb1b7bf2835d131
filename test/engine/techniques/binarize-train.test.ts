import { beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { answerError } from './answer-error';
import { contextFor, fingerprintOf, images, optimizedOperators, type RecordedContext } from './small-networks';
import { bytesOf, wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const fresh = images(16, 99);

const contextWith = (count = 128): RecordedContext => ({
  ...contextFor(wholeCard(network), images(count)),
  reference: () => Promise.resolve(network),
});

const training = { epochs: 8, batch: 8, learningRate: 1e-3 };
const errorOf = (graph: Graph): Promise<number> => answerError(graph, network, fresh);

async function after(recipe: string, context = contextWith()): Promise<Graph> {
  let graph = network;
  for (const { technique, params } of parseRecipe(recipe)) graph = await applyStep(graph, technique, params, context);
  return graph;
}

/** The most distinct magnitudes that a row of a layer has, by the layer's name. */
const magnitudesOf = async (graph: Graph): Promise<Record<string, number>> =>
  Object.fromEntries(
    weightLayers(await decodeWeights(graph)).map((layer) => {
      const { rows, columns, data } = weightRows(layer);
      const counts = Array.from(
        { length: rows },
        (_, row) => new Set(data.subarray(row * columns, (row + 1) * columns).map(Math.abs)).size,
      );
      return [layer.node.name, Math.max(...counts)];
    }),
  );

describe.each([{ softening: 0.5 }, { softening: 0 }, { keepFirst: false, keepLast: false }])('with %o', (choice) => {
  let [free, trained]: [Graph, Graph] = [network, network];
  let context: RecordedContext;
  const kept = { keepFirst: choice.keepFirst ?? true, keepLast: choice.keepLast ?? true };
  beforeAll(async () => {
    context = contextWith();
    free = await applyStep(network, 'binarize.weights', kept, contextWith());
    trained = await applyStep(network, 'binarize.train', { ...choice, ...training }, context);
  });

  test('images it has not seen get answers much closer to those of the float network', async () => {
    expect(await errorOf(trained)).toBeLessThan(0.5 * (await errorOf(free)));
    expect(context.notes[0]).toMatch(/^Trained for \d+ steps of 8 images, by the float network alone\.$/);
    expect(context.notes[1]).toMatch(/^Loss on 16 images that were not trained on: \S+ before, \S+ after[.;]/);
  });

  test('the file has the form and size of binary weights without training', async () => {
    expect(Math.abs(bytesOf(trained) - bytesOf(free))).toBeLessThanOrEqual(64);
    expect(await optimizedOperators(trained)).toEqual(await optimizedOperators(free));
    const counts = await magnitudesOf(trained);
    const names = Object.keys(counts);
    for (const [at, name] of names.entries()) {
      const isKept = (at === 0 && kept.keepFirst) || (at === names.length - 1 && kept.keepLast);
      if (isKept) expect(counts[name]).toBeGreaterThan(1);
      else expect(counts[name]).toBe(1);
    }
  });
});

test('weights in few bits that stand beside keep their codes', async () => {
  const clustered = await after('cluster.weights{clusters:4, layers:[mix]}');
  const trained = await applyStep(clustered, 'binarize.train', { ...training, epochs: 1 }, contextWith());
  const weights = weightLayers(await decodeWeights(trained)).find(({ node }) => node.name === 'mix')!.weight;
  expect(new Set(weights.data as Float32Array).size).toBeLessThanOrEqual(4);
  expect((await magnitudesOf(trained))['tail']).toBe(1);
});

test('the same seed gives the same file; what comes in is not changed', async () => {
  const before = fingerprintOf(network);
  const train = async (seed: number): Promise<string> =>
    fingerprintOf(
      await applyStep(network, 'binarize.train', { ...training, epochs: 1 }, { ...contextWith(), seed, threads: 2 }),
    );
  const first = await train(1);
  expect(await train(1)).toBe(first);
  expect(await train(2)).not.toBe(first);
  expect(fingerprintOf(network)).toBe(before);
});
