import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { classifierOf } from '../../../src/main/engine/onnx/classifier';
import type { Dimension, Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor, tinyClassifier } from '../../fixtures/graphs';

/** Pools `input` over everything but its channels and gives the declared output shape. */
function pooled(input: Dimension[], output: Dimension[] = [], channels = 10): Graph {
  return makeGraph({
    inputs: [makeValue('input', 'float32', input)],
    outputs: [makeValue('scores', 'float32', output)],
    nodes: [makeNode('Conv', ['input', 'w'], ['c']), makeNode('GlobalAveragePool', ['c'], ['scores'])],
    initializers: { w: noiseTensor([channels, 3, 3, 3]) },
  });
}

describe('classifierOf', () => {
  test('batch and classes left open by the file are found by inference', () => {
    const graph = tinyClassifier();
    graph.outputs[0]!.shape = ['a', 'b'];
    expect(classifierOf(graph)).toMatchObject({
      layout: 'NCHW',
      height: 8,
      width: 8,
      classes: 5,
      input: { name: 'input' },
      output: { shape: [1, 5] },
    });
  });

  test('trailing dimensions of 1 are no obstacle', () => {
    expect(classifierOf(pooled(['n', 3, 16, 12]))).toMatchObject({ height: 16, width: 12, classes: 10 });
  });

  test('channels last', () => {
    const graph = pooled(['n', 3, 8, 9]);
    graph.inputs[0]!.shape = [1, 8, 9, 3];
    graph.nodes.unshift(makeNode('Transpose', ['input'], ['t'], { perm: attr.ints([0, 3, 1, 2]) }));
    graph.nodes[1]!.inputs[0] = 't';
    expect(classifierOf(graph)).toMatchObject({ layout: 'NHWC', height: 8, width: 9, classes: 10 });
  });

  const second = (graph: Graph, side: 'inputs' | 'outputs'): Graph => ({
    ...graph,
    [side]: [...graph[side], makeValue('more', 'float32', [1])],
  });
  const dense = makeGraph({
    inputs: [makeValue('input', 'float32', ['n', 3, 8, 8])],
    outputs: [makeValue('map', 'float32', [])],
    nodes: [makeNode('Relu', ['input'], ['map'])],
  });
  test.each([
    ['two inputs', second(tinyClassifier(), 'inputs'), 'it has 2 inputs'],
    ['two outputs', second(tinyClassifier(), 'outputs'), 'it has 2 outputs'],
    ['no input', { ...tinyClassifier(), inputs: [] }, 'no input'],
    ['a sequence of tokens', pooled(['n', 128]), '[n,128], not an RGB image'],
    ['a grey image', pooled(['n', 1, 28, 28]), 'not an RGB image'],
    ['an input without a shape', pooled([]), 'not an RGB image'],
    ['an open size', pooled(['n', 3, 'h', 'w']), 'height and width are not fixed'],
    ['one class', pooled(['n', 3, 8, 8], [], 1), 'not one score per class'],
    ['a dense prediction', dense, '[1,3,8,8], not one score per class'],
  ])('refuses %s', (_title, graph, words) => {
    const thrown = (() => {
      try {
        return classifierOf(graph, 'net.onnx');
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(AppError);
    expect((thrown as AppError).code).toBe('model.not-classifier');
    expect((thrown as AppError).message).toContain(words);
    expect((thrown as AppError).message).toContain('net.onnx');
  });
});
