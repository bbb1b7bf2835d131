import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { classifierOf } from '../../../src/main/engine/onnx/classifier';
import type { Dimension, Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { channelCount } from '@shared/model-card';
import { makeGraph, noiseTensor, tinyClassifier } from '../../fixtures/graphs';
import { argMax } from '../../fixtures/networks/arg-max';
import { inputsAndOutputs } from '../../fixtures/networks/inputs-and-outputs';
import { severalOutputs } from '../../fixtures/networks/several-outputs';
import { singleScore } from '../../fixtures/networks/single-score';

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
  const withInput = (graph: Graph, type: 'int64'): Graph => ({
    ...graph,
    inputs: [{ ...graph.inputs[0]!, type }],
  });

  test('any size is a classifier too, and a card says which', () => {
    const graph = pooled(['n', 3, 'h', 'w']);
    expect(classifierOf(graph)).toMatchObject({ channels: 3, height: undefined, width: undefined, classes: 10 });
  });

  test.each(inputsAndOutputs)('$name: what its card says, it is', ({ make, card }) => {
    const { input, output, layout, channels, classes, score } = classifierOf(make(), 'net.onnx', card);
    expect({ input: input.name, output: output.name, layout, channels, classes, score }).toEqual({
      input: card.input.name,
      output: card.output.name,
      layout: card.input.layout,
      channels: channelCount(card.input),
      classes: card.output.classes,
      score: card.output.score,
    });
  });

  test('of several outputs that may be the scores, none is taken by itself', () => {
    expect(() => classifierOf(severalOutputs.make(), 'net.onnx')).toThrow(
      /net\.onnx has several outputs that may hold the class scores \("aux", "scores"\)\. Name the right one/,
    );
    expect(classifierOf(second(tinyClassifier(), 'outputs')).output.name).toBe('logits');
  });

  test('labels lead to the scores behind them, also where a card names the labels', () => {
    const { output, declaredOutput } = classifierOf(argMax.make());
    expect([output.name, output.shape, declaredOutput]).toEqual(['scores', [1, 3], 'label']);
    const named = { ...argMax.card, output: { name: 'label', classes: 3 } };
    expect(classifierOf(argMax.make(), 'net.onnx', named)).toMatchObject({ output: { name: 'scores' } });
  });

  test('one number counts where a Sigmoid makes it, or where the card says what it is', () => {
    expect(classifierOf(singleScore.make())).toMatchObject({ classes: 2, score: 'probability' });
    const logit = { ...singleScore.card, output: { name: 'logit', classes: 2, score: 'logit' as const } };
    expect(classifierOf(singleScore.make(), 'net.onnx', logit)).toMatchObject({ score: 'logit' });
  });

  test.each([
    ['two inputs', second(tinyClassifier(), 'inputs'), 'it has 2 inputs'],
    ['no input', { ...tinyClassifier(), inputs: [] }, 'no input'],
    ['a sequence of tokens', pooled(['n', 128]), '[n,128], not an image'],
    ['a stack of ten channels', pooled(['n', 10, 28, 28]), 'not an image of one or three channels'],
    ['channels of which nothing is said', pooled(['n', 'c', 28, 28]), 'not an image of one or three channels'],
    ['a million images at once', pooled([1_000_000, 3, 28, 28]), 'more than 1024 images at once'],
    ['an input without a shape', pooled([]), 'not an image'],
    ['numbers of tokens', withInput(pooled(['n', 3, 8, 8]), 'int64'), 'is int64, not an image'],
    [
      'two outputs, neither of scores',
      { ...dense, outputs: [...dense.outputs, { ...dense.outputs[0]!, name: 'input' }] },
      'none of its 2 outputs',
    ],
    ['one number that may be anything', pooled(['n', 3, 8, 8], [], 1), 'not one score per class'],
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
