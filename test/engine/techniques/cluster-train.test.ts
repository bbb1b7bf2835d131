import { beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { readCodes } from '../../../src/main/engine/compression/storage/read-codes';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { answerError } from './answer-error';
import { contextFor, fingerprintOf, images, optimizedOperators, type RecordedContext } from './small-networks';
import { bytesOf, wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const fresh = images(16, 99);

const contextWith = (count = 96): RecordedContext => ({
  ...contextFor(wholeCard(network), images(count)),
  reference: () => Promise.resolve(network),
});

const training = { epochs: 10, batch: 8, learningRate: 1e-4 };

async function after(recipe: string, context = contextWith()): Promise<Graph> {
  let graph = network;
  for (const { technique, params } of parseRecipe(recipe)) graph = await applyStep(graph, technique, params, context);
  return graph;
}

const errorOf = (graph: Graph): Promise<number> => answerError(graph, network, fresh);

/** Distinct weights of each layer, by its name. */
const valuesOf = async (graph: Graph): Promise<Record<string, number>> =>
  Object.fromEntries(
    weightLayers(await decodeWeights(graph)).map(({ node, weight }) => [
      node.name,
      new Set(weight.data as Float32Array).size,
    ]),
  );

describe.each([0, 5])('reassigned every %d steps', (reassign) => {
  let [free, trained]: [Graph, Graph] = [network, network];
  let context: RecordedContext;
  beforeAll(async () => {
    context = contextWith();
    free = await after('prune.magnitude{amount:0.5} | cluster.weights{clusters:6}');
    const pruned = await after('prune.magnitude{amount:0.5}');
    trained = await applyStep(pruned, 'cluster.train', { clusters: 6, reassign, ...training }, context);
  });

  test('images it has not seen get answers closer to those of the float network', async () => {
    expect(await errorOf(trained)).toBeLessThan(0.6 * (await errorOf(free)));
    expect(context.notes.join(' ')).toContain('Trained for 110 steps of 8 images, by the float network alone.');
  });

  test('the file has the form and size of clustering without training', async () => {
    expect(bytesOf(trained)).toBeLessThanOrEqual(bytesOf(free) + 64);
    expect(await optimizedOperators(trained)).toEqual(await optimizedOperators(free));
    for (const count of Object.values(await valuesOf(trained))) expect(count).toBeLessThanOrEqual(6);
  });

  test('after clustering, it trains those clusters', async () => {
    const coarse = await after('cluster.weights{clusters:6, rounding:nearest}');
    const followed = await applyStep(coarse, 'cluster.train', { reassign, ...training }, contextWith());
    expect(await errorOf(followed)).toBeLessThan(0.6 * (await errorOf(coarse)));
    const [before, found] = [await readCodes(coarse), await readCodes(followed)];
    const codesOf = (codes: typeof found): string[] => [...codes.values()].map(({ codes: each }) => each.join());
    if (reassign === 0) expect(codesOf(found)).toEqual(codesOf(before));
    else expect(codesOf(found)).not.toEqual(codesOf(before));
  });
});

test('pruned weights stay zero and out of the file, whatever centre others take', async () => {
  const pruned = await after('prune.magnitude{amount:0.6} | cluster.weights{clusters:8, rounding:nearest}');
  const trained = await applyStep(pruned, 'cluster.train', { reassign: 3, ...training }, contextWith());
  const weightsOf = async (graph: Graph): Promise<Float32Array[]> =>
    weightLayers(await decodeWeights(graph)).map(({ weight }) => weight.data as Float32Array);
  const found = await weightsOf(trained);
  const lifted = (await weightsOf(pruned)).flatMap((weights, layer) =>
    Array.from(weights).filter((weight, at) => weight === 0 && found[layer]![at] !== 0),
  );
  expect(lifted).toEqual([]);
  expect(bytesOf(trained)).toBeLessThanOrEqual(bytesOf(pruned) + 64);
});

test('only the named layers are clustered; the others learn as they are', async () => {
  const trained = await applyStep(
    network,
    'cluster.train',
    { clusters: 4, layers: ['mix'], ...training, epochs: 1 },
    contextWith(),
  );
  const counts = await valuesOf(trained);
  expect(counts['mix']).toBeLessThanOrEqual(4);
  expect(counts['tail']).toBeGreaterThan(100);
  expect([...(await readCodes(trained)).keys()]).toHaveLength(1);
});

test('the same seed gives the same file; what comes in is not changed', async () => {
  const coarse = await after('cluster.weights{clusters:6, rounding:nearest}');
  const before = fingerprintOf(coarse);
  const train = async (seed: number): Promise<string> =>
    fingerprintOf(
      await applyStep(
        coarse,
        'cluster.train',
        { ...training, epochs: 1, reassign: 2 },
        { ...contextWith(), seed, threads: 2 },
      ),
    );
  const first = await train(1);
  expect(await train(1)).toBe(first);
  expect(await train(2)).not.toBe(first);
  expect(fingerprintOf(coarse)).toBe(before);
});

test('a network that does not gain keeps the clusters that it had', async () => {
  const context = contextWith();
  const free = await after('cluster.weights{clusters:256}');
  const trained = await applyStep(free, 'cluster.train', { ...training, epochs: 1, learningRate: 0.3 }, context);
  expect(context.notes.join(' ')).toContain('the centres are those that clustering gives');
  expect(bytesOf(trained)).toBe(bytesOf(free));
});
