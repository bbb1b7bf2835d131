import { describe, expect, test } from 'vitest';
import { foldBatchNorm } from '../../../src/main/engine/onnx/fold-batch-norm';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { initialized } from '../../../src/main/engine/training/initialize';
import { withNorms } from '../../../src/main/engine/training/insert-norms';
import { makeGraph, noiseTensor, tinyClassifier } from '../../fixtures/graphs';

const numbers = (graph: ReturnType<typeof tinyClassifier>, name: string): number[] => [
  ...(graph.initializers.get(name)!.data as Float32Array),
];

/** Two convolutions, the second of them a classifier behind which a ReLU stands, as in SqueezeNet. */
const squeezed = makeGraph({
  inputs: [makeValue('input', 'float32', ['batch', 8, 6, 6])],
  outputs: [makeValue('scores', 'float32', ['batch', 5, 1, 1])],
  nodes: [
    makeNode('Conv', ['input', 'first', 'bias'], ['a']),
    makeNode('Relu', ['a'], ['b']),
    makeNode('Conv', ['b', 'last', 'open'], ['c']),
    makeNode('Relu', ['c'], ['d']),
    makeNode('GlobalAveragePool', ['d'], ['scores']),
  ],
  initializers: {
    first: noiseTensor([400, 8, 3, 3], 1),
    bias: noiseTensor([400], 2),
    last: noiseTensor([5, 400, 1, 1], 3),
    open: noiseTensor([5], 4),
  },
});

describe('weights that training begins with', () => {
  test('have the variance of He et al., the classifier a small one', () => {
    const graph = initialized(squeezed, 1);
    const deviation = (name: string): number =>
      Math.sqrt(numbers(graph, name).reduce((sum, value) => sum + value * value, 0) / numbers(graph, name).length);
    expect(deviation('first')).toBeCloseTo(Math.sqrt(2 / 72), 2);
    expect(deviation('last')).toBeCloseTo(0.01, 3);
    expect(new Set(numbers(graph, 'bias'))).toEqual(new Set([0]));
    // Below 0 a class would get no gradient.
    expect(numbers(graph, 'open')).toEqual([1, 1, 1, 1, 1]);
  });

  test('follow from the seed; norms change nothing', () => {
    const graph = tinyClassifier();
    const [first, again, other] = [1, 1, 2].map((seed) => numbers(initialized(graph, seed), 'conv.weight'));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const fresh = initialized(graph, 1);
    expect(['gamma', 'beta', 'mean', 'var'].map((part) => numbers(fresh, `bn.${part}`)[0])).toEqual([1, 0, 0, 1]);
    expect(numbers(fresh, 'fc.bias')).toEqual([0, 0, 0, 0, 0]);
    expect(fresh.initializers.get('minus1')).toBe(graph.initializers.get('minus1'));
  });
});

describe('norms behind convolutions', () => {
  test('stand in for the bias, but not behind the classifier, and go when they are folded', () => {
    const graph = withNorms(squeezed);
    expect(graph.nodes.map(({ op }) => op)).toEqual([
      'Conv',
      'BatchNormalization',
      'Relu',
      'Conv',
      'Relu',
      'GlobalAveragePool',
    ]);
    expect(graph.nodes[0]!.inputs).toEqual(['input', 'first']);
    expect(graph.nodes[1]!.outputs).toEqual(['a']);
    expect(foldBatchNorm(graph).nodes.map(({ op }) => op)).toEqual(squeezed.nodes.map(({ op }) => op));
  });

  test('are not put where there are some', () => {
    expect(withNorms(tinyClassifier()).nodes).toEqual(tinyClassifier().nodes);
  });
});

test('a convolution without a bias gets a norm with its channels', () => {
  const graph = makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3, 6, 6])],
    outputs: [makeValue('scores', 'float32', ['batch', 2])],
    nodes: [
      makeNode('Conv', ['input', 'first'], ['a']),
      makeNode('GlobalAveragePool', ['a'], ['b']),
      makeNode('Flatten', ['b'], ['c']),
      makeNode('Gemm', ['c', 'last'], ['scores'], { transB: attr.int(1) }),
    ],
    initializers: { first: noiseTensor([4, 3, 3, 3]), last: noiseTensor([2, 4]) },
  });
  const normed = withNorms(graph);
  const [, gamma, beta] = normed.nodes[1]!.inputs;
  expect(normed.initializers.get(gamma!)).toEqual(float32Tensor([4], [1, 1, 1, 1]));
  expect(normed.initializers.get(beta!)).toEqual(float32Tensor([4], [0, 0, 0, 0]));
});
