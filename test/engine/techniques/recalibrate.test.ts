import { expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { makeGraph } from '../../fixtures/graphs';
import { cardFor, contextFor, fingerprintOf, images, mixedNetwork, relativeError, runGraph } from './small-networks';

const contextWith = (graph: Graph, reference: Graph, data: Float32Array, shape = [3, 12, 12]) => ({
  ...contextFor(cardFor(graph), data, shape),
  reference: () => Promise.resolve(reference),
});

test('by hand: the statistics of a batch norm are those of what it gets', async () => {
  // Two images of one pixel: 0 and 4 in the first channel, 1 and 3 in the second.
  const data = Float32Array.of(0, 1, 4, 3);
  const network = makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 2, 1, 1])],
    outputs: [makeValue('logits', 'float32', ['batch', 2, 1, 1])],
    nodes: [
      makeNode('Relu', ['input'], ['active']),
      makeNode('BatchNormalization', ['active', 'one', 'zero', 'zero', 'one'], ['logits'], { epsilon: attr.float(0) }),
    ],
    initializers: { one: float32Tensor([2], [1, 1]), zero: float32Tensor([2], [0, 0]) },
  });
  const before = fingerprintOf(network);
  const context = contextWith(network, network, data, [2, 1, 1]);
  const result = await applyStep(network, 'recalibrate', {}, context);
  const norm = result.nodes.find(({ op }) => op === 'BatchNormalization')!;
  expect([...(result.initializers.get(norm.inputs[3]!)!.data as Float32Array)]).toEqual([2, 2]);
  expect([...(result.initializers.get(norm.inputs[4]!)!.data as Float32Array)]).toEqual([4, 1]);
  expect(context.notes).toEqual(['The statistics of 1 batch norms were taken anew.']);
  expect(fingerprintOf(network)).toBe(before);
  // Scale and bias share their tensors with the old statistics and keep them.
  expect([...(await runGraph(result, data, [2, 1, 1]))]).toEqual([-1, -1, 1, 1]);
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
  await expect(applyStep(network, 'recalibrate', {}, context)).rejects.toThrow(
    'neither batch norms nor a layer whose name',
  );
  await expect(applyStep(network, 'recalibrate', { images: 0 }, context)).rejects.toMatchObject({
    code: 'technique.params',
  });
  for (const recipe of ['quantize.static | recalibrate', 'fp16 | recalibrate'])
    expect(() => checkRecipe(parseRecipe(recipe))).toThrow('cannot follow');
  expect(checkRecipe(parseRecipe('prune.layers | recalibrate | quantize.static'))).toHaveLength(3);
});
