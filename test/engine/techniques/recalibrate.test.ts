import { expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { channelMoments } from '../../../src/main/engine/compression/calibration/channel-moments';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { makeGraph } from '../../fixtures/graphs';
import {
  NetworkBuilder,
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  relativeError,
  runGraph,
} from './small-networks';

const contextWith = (graph: Graph, reference: Graph, data: Float32Array, shape = [3, 12, 12]) => ({
  ...contextFor(cardFor(graph), data, shape),
  reference: () => Promise.resolve(reference),
});

/** Two channels through a ReLU and a batch norm of this scale and bias, which no layer stands before. */
const normAlone = (scale: number[], bias: number[]): Graph =>
  makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 2, 1, 1])],
    outputs: [makeValue('logits', 'float32', ['batch', 2, 1, 1])],
    nodes: [
      makeNode('Relu', ['input'], ['active']),
      makeNode('BatchNormalization', ['active', 's', 'b', 'zero', 'one'], ['logits'], { epsilon: attr.float(0) }),
    ],
    initializers: {
      s: float32Tensor([2], scale),
      b: float32Tensor([2], bias),
      one: float32Tensor([2], [1, 1]),
      zero: float32Tensor([2], [0, 0]),
    },
  });

test('by hand: a batch norm gives what it gave in the float network, not what its statistics would make of the images', async () => {
  // Two images of one pixel: 0 and 4 in the first channel, 1 and 3 in the second.
  const data = Float32Array.of(0, 1, 4, 3);
  const changed = normAlone([2, 1], [0, 0.5]);
  const before = fingerprintOf(changed);
  const context = contextWith(changed, normAlone([1, 1], [0, 0]), data, [2, 1, 1]);
  const result = await applyStep(changed, 'recalibrate', {}, context);
  expect([...(await runGraph(result, data, [2, 1, 1]))]).toEqual([0, 1, 4, 3]);
  expect(context.notes).toEqual(['1 layers have the means and spreads of the float network again.']);
  expect(fingerprintOf(changed)).toBe(before);
});

test('by hand: gains and shifts are bounded', async () => {
  const data = Float32Array.of(0, 1, 4, 3);
  // A tenth of the spread, and a mean that is 100 too high: it gets twice the spread back, and twice the root mean square.
  const changed = normAlone([0.1, 1], [0, 100]);
  const context = contextWith(changed, normAlone([1, 1], [0, 0]), data, [2, 1, 1]);
  const result = await runGraph(await applyStep(changed, 'recalibrate', {}, context), data, [2, 1, 1]);
  expect(result[2]! - result[0]!).toBeCloseTo(0.8, 5);
  expect((result[1]! + result[3]!) / 2).toBeCloseTo(102 - 2 * Math.sqrt(5), 4);
});

/** Batch norms that are folded into layers, and ones that stand before their layer and cannot be. */
function networkWithNorms(): Graph {
  const net = new NetworkBuilder(3);
  const stem = net.node('Relu', [net.batchNorm(net.conv('input', 'stem', 3, 12, 3), 'stem.bn', 12)], 'stem.relu');
  const first = net.conv(net.node('Relu', [net.batchNorm(stem, 'first.bn', 12)], 'first.relu'), 'first', 12, 12, 3);
  const joined = net.node('Concat', [stem, first], 'joined', { axis: attr.int(1) });
  const second = net.node('Relu', [net.batchNorm(joined, 'second.bn', 24)], 'second.relu');
  return net.head(net.conv(second, 'second', 24, 16, 1), 16, 10);
}

/** Batch norms with the statistics of what they get, as training leaves them. */
async function trainedOn(graph: Graph, data: Float32Array): Promise<Graph> {
  const result = copyGraph(graph);
  for (const node of result.nodes) {
    if (node.op !== 'BatchNormalization') continue;
    const value = { name: node.inputs[0]!, isSpatial: true };
    const moments = await channelMoments(result, [value], contextFor(cardFor(graph), data), { id: 'test' });
    const { mean, deviation } = moments.get(value.name)!;
    result.initializers.set(node.inputs[3]!, float32Tensor([mean.length], mean));
    const variance = deviation.map((each) => each ** 2);
    result.initializers.set(node.inputs[4]!, float32Tensor([variance.length], variance));
  }
  return result;
}

test('calibration images of another kind than the training images do no harm', async () => {
  const network = await trainedOn(networkWithNorms(), images(32, 1));
  const otherKind = images(24, 2).map((value) => 0.5 * value + 0.25);
  const fresh = images(16, 4);
  const expected = await runGraph(network, fresh);
  const pruned = await applyStep(network, 'prune.magnitude', { amount: 0.3 }, contextWith(network, network, otherKind));
  expect(pruned.nodes.some(({ op }) => op === 'BatchNormalization')).toBe(true);
  const errorOf = async (graph: Graph) => relativeError(await runGraph(graph, fresh), expected);
  const unchanged = await applyStep(network, 'recalibrate', {}, contextWith(network, network, otherKind));
  expect(await errorOf(unchanged)).toBeLessThan(1e-4);
  const recalibrated = await applyStep(pruned, 'recalibrate', {}, contextWith(pruned, network, otherKind));
  expect(await errorOf(recalibrated)).toBeLessThan(1.2 * (await errorOf(pruned)));
});

/** Every convolution's weights times `gain`, channel after channel one of three. */
function damaged(graph: Graph, gains: number[]): Graph {
  const result = { ...graph, initializers: new Map(graph.initializers) };
  for (const { op, inputs } of graph.nodes) {
    if (op !== 'Conv') continue;
    const { shape, data } = graph.initializers.get(inputs[1]!)!;
    const perChannel = data.length / shape[0]!;
    const changed = (data as Float32Array).map(
      (value, at) => value * gains[Math.floor(at / perChannel) % gains.length]!,
    );
    result.initializers.set(inputs[1]!, float32Tensor(shape, changed));
  }
  return result;
}

test('channels that came to be smaller or larger are brought back', async () => {
  const network = simplify(mixedNetwork());
  const data = images(32);
  const reference = await runGraph(network, data);
  const broken = damaged(network, [0.8, 1, 1.3]);
  const errorOf = async (params?: Record<string, unknown>) => {
    const context = contextWith(broken, network, data);
    const graph = params ? await applyStep(broken, 'recalibrate', params, context) : broken;
    return relativeError(await runGraph(graph, data), reference);
  };
  const [none, means, both] = [await errorOf(), await errorOf({ scales: false }), await errorOf({})];
  expect(means).toBeLessThan(none);
  expect(both).toBeLessThan(1e-3);
  const context = () => contextWith(broken, network, data);
  const twice = [
    await applyStep(broken, 'recalibrate', {}, context()),
    await applyStep(broken, 'recalibrate', {}, context()),
  ];
  expect(fingerprintOf(twice[0]!)).toBe(fingerprintOf(twice[1]!));
});

test('a layer with fewer channels than before is left, and the note says so', async () => {
  const conv = (channels: number): Graph =>
    makeGraph({
      inputs: [makeValue('input', 'float32', ['batch', 2, 1, 1])],
      outputs: [makeValue('logits', 'float32', ['batch', 2, 1, 1])],
      nodes: [
        makeNode('Conv', ['input', 'w'], ['h'], {}, 'first'),
        makeNode('Conv', ['h', 'v', 'b'], ['logits'], {}, 'second'),
      ],
      initializers: {
        w: float32Tensor([channels, 2, 1, 1], new Float32Array(2 * channels).fill(0.5)),
        v: float32Tensor([2, channels, 1, 1], new Float32Array(2 * channels).fill(1)),
        b: float32Tensor([2], [1, 2]),
      },
    });
  const smaller = conv(2);
  const data = Float32Array.of(0, 1, 4, 3, -2, 5);
  const context = contextWith(smaller, conv(3), data, [2, 1, 1]);
  const result = await applyStep(smaller, 'recalibrate', {}, context);
  expect(relativeError(await runGraph(result, data, [2, 1, 1]), await runGraph(conv(3), data, [2, 1, 1]))).toBeLessThan(
    1e-5,
  );
  expect(context.notes).toEqual([
    '1 layers have the means and spreads of the float network again.',
    '1 layers were left: they have other channels than before, or no bias that can be changed.',
  ]);
});

test('refusals', async () => {
  const network = simplify(mixedNetwork());
  const other = { ...network, nodes: network.nodes.map((node) => ({ ...node, name: `x.${node.name}` })) };
  const context = contextWith(network, other, images(4));
  await expect(applyStep(network, 'recalibrate', {}, context)).rejects.toThrow('no layer and no batch norm whose name');
  await expect(applyStep(network, 'recalibrate', { images: 0 }, context)).rejects.toMatchObject({
    code: 'technique.params',
  });
  for (const recipe of ['quantize.static | recalibrate', 'fp16 | recalibrate'])
    expect(() => checkRecipe(parseRecipe(recipe))).toThrow('cannot follow');
  expect(checkRecipe(parseRecipe('prune.layers | recalibrate | quantize.static'))).toHaveLength(3);
});
