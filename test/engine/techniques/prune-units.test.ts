import { expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { countMacs } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { noise } from '../../fixtures/graphs';
import { randomNetwork } from '../../fixtures/random-network';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  relativeError,
  runGraph,
} from './small-networks';

const prune = (graph: Graph, params: Record<string, unknown> = {}, context = contextFor(cardFor(graph), images(64))) =>
  applyStep(graph, 'prune.units', params, context);

/** A convolution, then a Gemm with `hidden` units, a ReLU and a MatMul with a bias added. */
function perceptron(hidden: number): Graph {
  const net = new NetworkBuilder(3);
  const features = net.node('Relu', [net.conv('input', 'stem', 3, 12, 3)], 'stem.relu');
  net.head(features, 12, hidden);
  const active = net.node('Relu', ['logits'], 'hidden.relu');
  const product = net.node('MatMul', [active, net.constant('last.weight', net.weights([hidden, 10]))], 'last');
  net.node('Add', [product, net.constant('last.bias', net.weights([10]))], 'answers');
  net.graph.outputs = [makeValue('answers', 'float32', ['batch', 10])];
  return net.graph;
}

test.each([1, 3])('units that nobody needs go first, in %i rounds, and the answers stay', async (steps) => {
  const network = perceptron(16);
  const weight = network.initializers.get('last.weight')!;
  // Units 0, 2, 4, ... are read with weight zero.
  const data = (weight.data as Float32Array).map((value, at) => (Math.floor(at / 10) % 2 === 0 ? 0 : value));
  network.initializers.set('last.weight', float32Tensor(weight.shape, data));
  const before = fingerprintOf(network);
  const context = contextFor(cardFor(network), images(64));
  const result = await prune(network, { keep: 0.5, refit: false, steps }, context);
  expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(1e-5);
  expect(countMacs(network) - countMacs(result)).toBe(8 * 12 + 8 * 10);
  expect(context.notes).toEqual(['Units left: logits 8 of 16.']);
  expect(fingerprintOf(network)).toBe(before);
});

test('the refit makes up for most of what is removed; it is the same twice', async () => {
  const network = perceptron(48);
  const data = images(64, 50);
  const reference = await runGraph(network, data);
  const errorOf = async (params: Record<string, unknown>) =>
    relativeError(await runGraph(await prune(network, params), data), reference);
  const [without, refitted] = [await errorOf({ keep: 0.4, refit: false }), await errorOf({ keep: 0.4 })];
  expect(refitted).toBeLessThan(0.6 * without);
  expect(await errorOf({ keep: 1 })).toBeLessThan(1e-5);
  expect(fingerprintOf(await prune(network))).toBe(fingerprintOf(await prune(network)));
});

test('rounds leave as many units as one, and rate what is left anew', async () => {
  const network = perceptron(48);
  const [once, thrice] = [await prune(network, { keep: 0.25 }), await prune(network, { keep: 0.25, steps: 3 })];
  expect(countMacs(thrice)).toBe(countMacs(once));
  expect(fingerprintOf(thrice)).not.toBe(fingerprintOf(once));
  const data = images(64, 50);
  expect(relativeError(await runGraph(thrice, data), await runGraph(network, data))).toBeLessThan(
    1.2 * relativeError(await runGraph(once, data), await runGraph(network, data)),
  );
});

test('random networks: their hidden Gemm shrinks, the rest stays', async () => {
  for (let seed = 0; seed < 8; seed++) {
    const network = randomNetwork(seed);
    const context = contextFor(cardFor(network), noise(8 * 108, seed + 1), [3, 6, 6]);
    const result = await prune(network, { keep: 0.5 }, context);
    expect(context.notes[0]).toMatch(/4 of 8\.$/);
    expect(countMacs(result)).toBeLessThan(countMacs(network));
    expect((await runGraph(result, noise(108, 3), [3, 6, 6])).every(Number.isFinite)).toBe(true);
  }
});

test('units with a second kind of reader are left', async () => {
  const network = perceptron(16);
  network.nodes.push(makeNode('ReduceMean', ['hidden.relu'], ['mean'], { axes: attr.ints([1]) }));
  network.nodes.push(makeNode('Add', ['answers', 'mean'], ['both']));
  network.outputs = [makeValue('both', 'float32', ['batch', 10])];
  await expect(prune(network)).rejects.toMatchObject({ code: 'technique.not-applicable' });
});

test('refusals', async () => {
  await expect(prune(mixedNetwork())).rejects.toThrow('prune.units cannot be applied to small: it has no hidden units');
  await expect(prune(perceptron(4), { keep: 0 })).rejects.toMatchObject({ code: 'technique.params' });
  for (const recipe of ['quantize.static | prune.units', 'fp16 | prune.units'])
    expect(() => checkRecipe(parseRecipe(recipe))).toThrow('cannot follow');
});
