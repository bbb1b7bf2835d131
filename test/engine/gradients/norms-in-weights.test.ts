import { expect, test } from 'vitest';
import { withNormsInWeights } from '../../../src/main/engine/gradients/norms-in-weights';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { gradientError } from './finite-differences';

const shape = [2, 3, 5, 5];
/** A convolution with and one without a bias; the second is read twice, so that its norm cannot be taken in. */
const network: Graph = makeGraph({
  inputs: [makeValue('x', 'float32', shape)],
  outputs: [makeValue('y', 'float32', [2, 4, 5, 5])],
  nodes: [
    makeNode('Conv', ['x', 'w', 'b'], ['a'], { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) }),
    makeNode('BatchNormalization', ['a', 'gamma', 'beta', 'mean', 'variance'], ['c']),
    makeNode('Conv', ['c', 'v'], ['d'], { kernel_shape: attr.ints([1, 1]) }),
    makeNode('BatchNormalization', ['d', 'gamma', 'beta', 'mean', 'variance'], ['e']),
    makeNode('Add', ['d', 'e'], ['y']),
  ],
  initializers: {
    w: noiseTensor([4, 3, 3, 3], 1),
    b: noiseTensor([4], 2),
    v: noiseTensor([4, 4, 1, 1], 3),
    gamma: noiseTensor([4], 4),
    beta: noiseTensor([4], 5),
    mean: noiseTensor([4], 6),
    variance: float32Tensor([4], [0.3, 1, 1.5, 2]),
  },
});

test('the graph computes what it did, with a norm less', async () => {
  const graph = withNormsInWeights(network);
  expect(graph.nodes.filter(({ op }) => op === 'BatchNormalization')).toHaveLength(1);
  const feeds = { x: noiseTensor(shape, 7) };
  const [found, wanted] = await Promise.all([graph, network].map((each) => runGraph(each, feeds)));
  const [a, b] = [found, wanted].map((result) => Object.values(result!)[0]!.data as Float32Array);
  a!.forEach((value, at) => expect(value).toBeCloseTo(b![at]!, 4));
});

test('weights, scales and shifts have their gradients', async () => {
  const graph = withNormsInWeights(network);
  for (const seed of [1, 2])
    expect(
      await gradientError(graph, {
        feeds: { x: noiseTensor(shape, seed) },
        wanted: ['w', 'b', 'v', 'gamma', 'beta'],
        seed,
      }),
    ).toBeLessThan(2e-3);
});
