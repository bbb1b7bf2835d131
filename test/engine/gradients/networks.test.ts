import { expect, test } from 'vitest';
import { differentiate } from '../../../src/main/engine/gradients/differentiate';
import { GradientWriter } from '../../../src/main/engine/gradients/gradient-writer';
import { crossEntropy, featureDistance, softTargets, weightedSum } from '../../../src/main/engine/gradients/losses';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { int32Tensor, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { withBatch } from '../../../src/main/engine/training/network-batch';
import { trainableParameters } from '../../../src/main/engine/training/trainable';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { visionTransformer } from '../../fixtures/networks/vision-transformer';
import { randomNetwork } from '../../fixtures/random-network';
import { runGraph } from '../../fixtures/run-graph';
import { mixedNetwork } from '../techniques/small-networks';
import { wholeNetwork } from '../techniques/whole-network';
import { gradientError } from './finite-differences';

const imagesFor = (graph: Graph, seed: number): Record<string, Tensor> => {
  const { name, shape } = graph.inputs[0]!;
  return { [name]: noiseTensor(shape as number[], seed) };
};

/** Small enough that few units of a network cross a kink on the way. */
const step = 1e-3;

test.each([
  ['batch norm, ReLU6, depthwise, residual, Concat, MaxPool', mixedNetwork()],
  ['the same, simplified', simplify(mixedNetwork(2))],
  ['hidden units', wholeNetwork()],
  ['a vision transformer', simplify(visionTransformer.make())],
])('every parameter of a whole network: %s', async (_, network) => {
  const graph = withBatch(network, 4);
  const wanted = [...trainableParameters(graph, 0).keys()];
  expect(wanted.length).toBeGreaterThan(8);
  for (const seed of [1, 2])
    expect(await gradientError(graph, { feeds: imagesFor(graph, seed), wanted, step, seed })).toBeLessThan(5e-3);
});

test('random networks: parameters and images', async () => {
  let checked = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const graph = randomNetwork(seed);
    if (graph.nodes.some(({ op }) => op === 'LRN')) continue;
    const feeds = imagesFor(graph, seed);
    const wanted = ['input', ...trainableParameters(graph, 0).keys()];
    expect(await gradientError(graph, { feeds, wanted, step, seed }), `network ${seed}`).toBeLessThan(1e-2);
    checked++;
  }
  expect(checked).toBeGreaterThan(20);
});

const [images, classes] = [4, 5];
const feeds = {
  scores: noiseTensor([images, classes], 1),
  teacher: noiseTensor([images, classes], 2),
  features: noiseTensor([images, 3], 3),
  wanted: noiseTensor([images, 3], 4),
  labels: int32Tensor([images], [2, -1, 0, 4]),
};

/** A graph that only has a loss. */
function lossGraph(write: (writer: GradientWriter) => string): { graph: Graph; loss: string } {
  const graph = makeGraph({
    inputs: Object.entries(feeds).map(([name, { type, shape }]) => makeValue(name, type, shape)),
    outputs: [],
    nodes: [],
  });
  const writer = new GradientWriter(graph, new FreshNames(graph));
  const loss = write(writer);
  writer.append();
  return { graph, loss };
}

async function lossAndGradient(write: (writer: GradientWriter) => string, input: string) {
  const { graph: forward, loss } = lossGraph(write);
  const { graph, gradients } = differentiate(forward, loss, [input]);
  const gradient = gradients.get(input)!;
  graph.outputs = [loss, gradient].map((name) => makeValue(name, 'float32', []));
  const results = await runGraph(graph, feeds, 'all');
  return { loss: (results[loss]!.data as Float32Array)[0]!, gradient: [...(results[gradient]!.data as Float32Array)] };
}

const rowsOf = (data: ArrayLike<number>): number[][] =>
  Array.from({ length: images }, (_, row) => Array.from({ length: classes }, (_each, at) => data[row * classes + at]!));
const softmax = (logits: number[], temperature = 1): number[] => {
  const powers = logits.map((logit) => Math.exp(logit / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};
const scores = rowsOf(feeds.scores.data as Float32Array);
const teacher = rowsOf(feeds.teacher.data as Float32Array);
const closeTo = (found: number[], expected: number[]): void => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
};

test('cross-entropy: (softmax - one-hot) / labelled images; an image without a label has no part in it', async () => {
  const found = await lossAndGradient((w) => crossEntropy(w, 'scores', 'labels', [images, classes]), 'scores');
  const labels = [2, -1, 0, 4];
  const losses = scores.map((row, at) => (labels[at]! < 0 ? 0 : -Math.log(softmax(row)[labels[at]!]!)));
  expect(found.loss).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 3, 5);
  const expected = scores.flatMap((row, at) =>
    softmax(row).map((p, k) => (labels[at]! < 0 ? 0 : (p - (k === labels[at] ? 1 : 0)) / 3)),
  );
  closeTo(found.gradient, expected);
});

test('soft targets: T (softmax(student / T) - softmax(teacher / T)) / images', async () => {
  const temperature = 3;
  const found = await lossAndGradient((w) => softTargets(w, 'scores', 'teacher', images, temperature), 'scores');
  const pairs = scores.map((row, at) => [softmax(row, temperature), softmax(teacher[at]!, temperature)] as const);
  const divergences = pairs.map(([p, q]) => q.reduce((sum, each, k) => sum + each * Math.log(each / p[k]!), 0));
  expect(found.loss).toBeCloseTo((temperature ** 2 * divergences.reduce((a, b) => a + b, 0)) / images, 5);
  closeTo(
    found.gradient,
    pairs.flatMap(([p, q]) => p.map((each, k) => (temperature * (each - q[k]!)) / images)),
  );
});

test('features and the weighted sum', async () => {
  const write = (w: GradientWriter): string =>
    weightedSum(w, [
      { loss: featureDistance(w, 'features', 'wanted'), weight: 0.5 },
      { loss: crossEntropy(w, 'scores', 'labels', [images, classes]), weight: 0 },
    ]);
  const { loss, gradient } = await lossAndGradient(write, 'features');
  const [ours, theirs] = [feeds.features.data as Float32Array, feeds.wanted.data as Float32Array];
  const power = theirs.reduce((sum, value) => sum + value ** 2, 0);
  expect(loss).toBeCloseTo((0.5 * ours.reduce((sum, value, at) => sum + (value - theirs[at]!) ** 2, 0)) / power, 5);
  closeTo(gradient, [...ours.map((value, at) => (value - theirs[at]!) / power)]);
});
