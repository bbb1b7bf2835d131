import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import { indexGraph } from '../../../src/main/engine/onnx/graph-index';
import { float32Tensor, int64Tensor, makeNode } from '../../../src/main/engine/onnx/make';
import { orderNodes } from '../../../src/main/engine/onnx/order';
import { removeDead } from '../../../src/main/engine/onnx/remove-dead';
import { reshapeTarget } from '../../../src/main/engine/onnx/reshape-target';
import { tinyClassifier } from '../../fixtures/graphs';

describe('order', () => {
  test('any shuffle of a graph comes back in an order, and an order stays as it is', () => {
    const { nodes } = tinyClassifier();
    expect(orderNodes({ nodes })).toEqual({ nodes });
    const produced = new Set(nodes.flatMap((node) => node.outputs));
    fc.assert(
      fc.property(fc.shuffledSubarray(nodes, { minLength: nodes.length }), (shuffled) => {
        const ordering = orderNodes({ nodes: shuffled });
        const seen = new Set<string>();
        if (!('nodes' in ordering)) throw new Error('no order found');
        expect(ordering.nodes).toHaveLength(nodes.length);
        for (const node of ordering.nodes) {
          for (const input of node.inputs) {
            const isProduced = produced.has(input);
            if (isProduced) expect(seen).toContain(input);
          }
          for (const output of node.outputs) seen.add(output);
        }
      }),
    );
  });

  test('a cycle names a node of it, or one that depends on it', () => {
    const nodes = [makeNode('Relu', ['x'], ['a']), makeNode('Add', ['a', 'c'], ['b']), makeNode('Neg', ['b'], ['c'])];
    expect(orderNodes({ nodes })).toEqual({ cycle: nodes[1] });
    expect(orderNodes({ nodes: [makeNode('Neg', ['b'], ['b'])] })).toHaveProperty('cycle');
  });

  test('a hundred thousand nodes in reverse', () => {
    const count = 100_000;
    const nodes = Array.from({ length: count }, (_, index) =>
      makeNode('Neg', [`v${index}`], [`v${index + 1}`]),
    ).reverse();
    const ordering = orderNodes({ nodes });
    expect('nodes' in ordering && ordering.nodes[0]?.inputs).toEqual(['v0']);
  });
});

describe('index and names', () => {
  test('producers, consumers and sole consumers', () => {
    const graph = tinyClassifier();
    const index = indexGraph(graph);
    expect(index.producer('conv')?.op).toBe('Conv');
    expect(index.producer('input')).toBeUndefined();
    expect(index.consumers('pooled').map((node) => node.op)).toEqual(['Shape', 'Reshape']);
    expect(index.soleConsumer('pooled')).toBeUndefined();
    expect(index.soleConsumer('conv')?.op).toBe('BatchNormalization');
    expect(index.soleConsumer('logits')).toBeUndefined();
    expect([index.isInput('input'), index.isOutput('logits'), index.isOutput('conv')]).toEqual([true, true, false]);
  });

  test('names are new to the graph and never given twice', () => {
    const names = new FreshNames(tinyClassifier());
    expect([
      names.like('conv'),
      names.like('conv'),
      names.like('new'),
      names.like('new'),
      names.like('fc.bias'),
    ]).toEqual(['conv_2', 'conv_3', 'new', 'new_2', 'fc.bias_2']);
    expect(names.like('')).not.toBe('');
  });

  test('dead nodes and initializers go, the graph that came in stays', () => {
    const graph = tinyClassifier();
    graph.nodes.push(makeNode('Relu', ['conv'], ['unused']), makeNode('Add', ['unused', 'also'], ['unused2']));
    graph.initializers.set('also', float32Tensor([], [1]));
    const before = graph.nodes.length;
    expect(removeDead(graph)).toEqual(tinyClassifier());
    expect(graph.nodes).toHaveLength(before);
  });

  test('tensors check their shape', () => {
    expect(() => float32Tensor([2, 2], [1])).toThrow(RangeError);
    const data = Float32Array.of(1, 2);
    expect(float32Tensor([2], data).data).toBe(data);
    expect(int64Tensor([2], [1, 2n]).data).toEqual(BigInt64Array.of(1n, 2n));
  });
});

describe('reshape', () => {
  test.each([
    [
      ['batch', 1280, 1, 1],
      [-1, 1280],
      ['batch', 1280],
    ],
    [
      ['batch', 4, 2],
      ['batch', -1],
      ['batch', 8],
    ],
    [
      ['batch', 4],
      [0, 2, -1],
      ['batch', 2, 2],
    ],
    [['a', 'b'], [-1], ['?']],
    [
      ['?', 4],
      [-1, 4],
      ['?', 4],
    ],
    [[2, 3], [4, -1], undefined],
    [[2, 3], [0, 0, 0], undefined],
    [
      [0, 3],
      [-1, 3],
      [0, 3],
    ],
  ])('%j to %j is %j', (input, target, expected) => {
    expect(reshapeTarget(input, target, false)).toEqual(expected);
  });
});
