import { describe, expect, test } from 'vitest';
import type { ModelCard } from '@shared/model-card';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { hasZoo, needsZoo, zooPath } from '../../fixtures/zoo';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  numbersFrom,
  optimizedOperators,
  relativeError,
  runGraph,
} from './small-networks';

const equalize = (graph: Graph, params: unknown = {}): Promise<Graph> =>
  applyStep(graph, 'equalize', params, contextFor(cardFor(graph)));

describe('the network computes what it did', () => {
  test.each([1, 2, 3])('network %i, on the images it was observed with and, exactly, on others', async (seed) => {
    const network = mixedNetwork(seed);
    const before = fingerprintOf(network);
    const observed = images(16);
    const kept = await equalize(network);
    expect(relativeError(await runGraph(kept, observed), await runGraph(network, observed))).toBeLessThan(1e-5);
    const exact = await equalize(network, { relu6: 'exact' });
    const others = images(8, 99).map((value) => 3 * value);
    expect(relativeError(await runGraph(exact, others), await runGraph(network, others))).toBeLessThan(1e-5);
    expect(fingerprintOf(exact)).not.toBe(before);
    expect(fingerprintOf(network)).toBe(before);
  });

  test('the same twice', async () => {
    expect(fingerprintOf(await equalize(mixedNetwork()))).toBe(fingerprintOf(await equalize(mixedNetwork())));
  });

  test.skipIf(!hasZoo)(`mobilenetv2${needsZoo}`, async () => {
    const network = await loadModel(zooPath('mobilenetv2'));
    const random = numbersFrom(5);
    const shape = [3, 224, 224];
    const data = Float32Array.from({ length: 2 * 3 * 224 * 224 }, () => random() * 2 - 1);
    const context = contextFor(cardFor(network), data, shape);
    const result = await applyStep(network, 'equalize', {}, context);
    expect(fingerprintOf(result)).not.toBe(fingerprintOf(network));
    expect(relativeError(await runGraph(result, data, shape), await runGraph(network, data, shape))).toBeLessThan(1e-4);
  });
});

/** Depthwise channels whose weights differ a thousandfold, and next layers that undo it: hopeless with one scale a layer. */
function unevenNetwork(): Graph {
  const net = new NetworkBuilder(4);
  const channels = 16;
  const factors = Float32Array.from({ length: channels }, (_, channel) => 10 ** ((3 * channel) / channels));
  const stem = net.node('Relu', [net.conv('input', 'stem', 3, channels, 3)], 'stem.relu');
  const deep = net.node('Relu', [net.conv(stem, 'deep', channels, channels, 3, { group: channels })], 'deep.relu');
  const last = net.conv(deep, 'last', channels, 16, 1);
  const scale = (name: string, factor: (index: number) => number): void => {
    const tensor = net.graph.initializers.get(name)!;
    net.constant(name, { ...tensor, data: (tensor.data as Float32Array).map((value, index) => value * factor(index)) });
  };
  scale('deep.weight', (index) => factors[Math.floor(index / 9)]!);
  scale('deep.bias', (index) => factors[index]!);
  scale('last.weight', (index) => 1 / factors[index % channels]!);
  return net.head(net.node('Relu', [last], 'last.relu'), 16, 10);
}

test('one scale a layer works after equalization, all of it in integers', async () => {
  const network = unevenNetwork();
  const context = () => contextFor(cardFor(network));
  const quantize = (graph: Graph): Promise<Graph> =>
    applyStep(graph, 'quantize.static', { weights: 'tensor' }, context());
  const reference = await runGraph(network);
  const naive = relativeError(await runGraph(await quantize(network)), reference);
  const integers = await quantize(await equalize(network));
  const equalized = relativeError(await runGraph(integers), reference);
  expect(naive).toBeGreaterThan(3 * equalized);
  expect(equalized).toBeLessThan(0.1);
  const operators = await optimizedOperators(integers);
  expect(operators).toMatchObject({ QLinearConv: 3, QGemm: 1 });
  expect(Object.keys(operators)).not.toContain('Conv');
});

test('a network without two layers in a row is refused', async () => {
  const net = new NetworkBuilder(1);
  const network = net.head('input', 3, 10);
  await expect(equalize(network)).rejects.toMatchObject({ code: 'technique.not-applicable' });
});

test('bias absorption leaves the answers nearly as they were', async () => {
  const network = mixedNetwork(2);
  const card: ModelCard = cardFor(network);
  const result = await applyStep(network, 'equalize', { absorbBias: true }, contextFor(card));
  expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.02);
});
