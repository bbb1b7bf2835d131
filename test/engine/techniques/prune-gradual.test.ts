import { describe, expect, test } from 'vitest';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import { hasDecodedWeights } from '../../../src/main/engine/compression/storage/sparse-weights';
import { formOf } from '../../../src/main/engine/compression/layers/network-form';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { answerDivergence } from './answer-divergence';
import { contextFor, fingerprintOf, images, type RecordedContext } from './small-networks';
import { wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const fresh = images(32, 99);

const contextWith = (count = 96): RecordedContext => ({
  ...contextFor(wholeCard(network), images(count)),
  reference: () => Promise.resolve(network),
});
const apply = (id: string, params: unknown, context = contextWith(), graph = network): Promise<Graph> =>
  applyStep(graph, id, params, context);
const reload = (graph: Graph): Graph => parseModel(encodeModel(graph), 'test');
const errorOf = (graph: Graph): Promise<number> => answerDivergence(graph, network, fresh);

/** Zeros of each layer, and of all. */
async function zerosOf(graph: Graph): Promise<{ each: number[]; all: number }> {
  const each = weightLayers(await decodeWeights(graph)).map((layer) =>
    weightRows(layer).data.reduce((zeros, weight) => zeros + (weight === 0 ? 1 : 0), 0),
  );
  return { each, all: each.reduce((sum, zeros) => sum + zeros, 0) };
}

/** Enough for a small network with random weights. */
const training = { epochs: 6, batch: 8, learningRate: 1e-3 };

describe.each([
  ['prune.gradual', { amount: 0.6 }],
  ['prune.gradual', { amount: 0.6, scope: 'local' }],
  ['prune.gradual', { pattern: '2:4' }],
  ['prune.gradual', { pattern: '4x1' }],
  ['prune.before', { amount: 0.6 }],
  ['prune.before', { amount: 0.6, criterion: 'magnitude' }],
  ['prune.before', { pattern: '2:4', criterion: 'magnitude' }],
])('%s %j', (id, params) => {
  test('has the zeros and the form of magnitude pruning, and answers far closer to the float network', async () => {
    const before = fingerprintOf(network);
    const context = contextWith();
    const result = reload(await apply(id, { ...params, ...training }, context));
    expect(fingerprintOf(network)).toBe(before);
    const { criterion: _, ...same } = params as { criterion?: string };
    const magnitude = reload(await apply('prune.magnitude', same));
    const [found, wanted] = [await zerosOf(result), await zerosOf(magnitude)];
    // Which blocks go depends on the training, and those at the edge of a layer are smaller.
    if ('pattern' in params && params.pattern === '4x1') expect(Math.abs(found.all - wanted.all)).toBeLessThan(8);
    else expect(found.all).toBe(wanted.all);
    if ('scope' in params || ('pattern' in params && params.pattern === '2:4')) expect(found.each).toEqual(wanted.each);
    expect(formOf(result)).toEqual(formOf(magnitude));
    expect(hasDecodedWeights(result)).toBe(true);
    // Batch norms are folded.
    expect(encodeModel(result).length).toBeLessThan(1.05 * encodeModel(magnitude).length);
    expect(await errorOf(result)).toBeLessThan(0.7 * (await errorOf(magnitude)));
    expect(context.notes[0]).toMatch(/^Trained for 66 steps of 8 images, by the float network alone[.;]/);
    expect(context.notes[1]).toMatch(/^Loss on 8 images that were not trained on: \S+ before, \S+ after[.;]/);
  });
});

test('some weights that stay are not those of largest magnitude at first', async () => {
  const maskOf = async (graph: Graph): Promise<string> =>
    weightLayers(await decodeWeights(graph))
      .map(({ weight }) => (weight.data as Float32Array).map((value) => (value === 0 ? 0 : 1)).join(''))
      .join(' ');
  const single = { epochs: 0.01, batch: 8, criterion: 'magnitude' };
  const [gradual, atOnce] = [await apply('prune.gradual', training), await apply('prune.before', single)];
  expect(await maskOf(gradual)).not.toBe(await maskOf(atOnce));
});

test.each(['prune.gradual', 'prune.before'])('%s: the same seed gives the same file', async (id) => {
  const quick = { ...training, epochs: 1 };
  const first = fingerprintOf(await apply(id, quick));
  expect(fingerprintOf(await apply(id, quick))).toBe(first);
  expect(fingerprintOf(await apply(id, quick, { ...contextWith(), seed: 2 }))).not.toBe(first);
});

test.each(['prune.gradual', 'prune.before'])('%s: a single step, and excluded layers stay whole', async (id) => {
  const context = contextWith(8);
  const result = await apply(id, { epochs: 0.01, batch: 8, exclude: ['mix'], keepLast: true }, context);
  const { each } = await zerosOf(result);
  const names = weightLayers(await decodeWeights(result)).map(({ node }) => node.name);
  expect(names.filter((_, at) => each[at] === 0)).toEqual(['mix', 'logits']);
  expect(context.notes[0]).toContain('Trained for 1 steps of 8 images');
});

test('where training gains nothing, the weights are those pruned at once', async () => {
  const context = contextWith();
  // So high that nothing is learned, for so short that all stays finite.
  const result = await apply('prune.gradual', { epochs: 0.2, batch: 8, learningRate: 1, amount: 0.3 }, context);
  expect(context.notes[1]).toMatch(/It did not fall, so the weights are those pruned at once\.$/);
  const magnitude = await apply('prune.magnitude', { amount: 0.3 });
  expect((await zerosOf(result)).all).toBe((await zerosOf(magnitude)).all);
});

test('zeros of an earlier step are the first of the zeros', async () => {
  const pruned = await apply('prune.magnitude', { amount: 0.4 });
  const result = await apply('prune.gradual', { ...training, epochs: 2, amount: 0.5 }, contextWith(), reload(pruned));
  const [first, then] = await Promise.all([pruned, result].map((graph) => decodeWeights(graph)));
  const later = new Map(weightLayers(then!).map(({ node, weight }) => [node.name, weight.data]));
  for (const { node, weight } of weightLayers(first!))
    weight.data.forEach((value, at) => {
      if (Number(value) === 0) expect(Number(later.get(node.name)![at])).toBe(0);
    });
});
