import { describe, expect, it } from 'vitest';
import { peakActivationBytes } from '../../../src/main/engine/formats/edgetpu/peak-activation';
import type { TfliteGraph, TfliteOperator } from '../../../src/main/engine/formats/tflite/model';

/** Tensors of these bytes, the last one the output. */
function graphOf(sizes: number[], ...steps: [op: string, inputs: number[], output: number][]): TfliteGraph {
  const operators = steps.map(([op, inputs, output]): TfliteOperator => ({
    op,
    version: 1,
    inputs,
    outputs: [output],
  }));
  const tensors = sizes.map((size, at) => ({ name: `t${at}`, shape: [1, size], type: 'INT8' as const }));
  return { tensors, operators, inputs: [0], outputs: [sizes.length - 1] };
}

describe('peakActivationBytes', () => {
  it.each<[string, TfliteGraph, number]>([
    ['what one operator reads and writes', graphOf([10, 30], ['CONV_2D', [0], 1]), 40],
    ['the widest pair of a row', graphOf([10, 30, 5], ['CONV_2D', [0], 1], ['CONV_2D', [1], 2]), 40],
    [
      'a shortcut that is still needed',
      graphOf([10, 30, 10, 10], ['CONV_2D', [0], 1], ['CONV_2D', [1], 2], ['ADD', [0, 2], 3]),
      50,
    ],
    ['a sum in the place of its input', graphOf([10, 10], ['RELU', [0], 1]), 10],
    ['a sum of which both are needed later', graphOf([10, 10, 10], ['RELU', [0], 1], ['CONCATENATION', [0, 1], 2]), 30],
    ['another view of the same bytes', graphOf([10, 10], ['RESHAPE', [0], 1]), 10],
  ])('%s', (_what, graph, bytes) => {
    expect(peakActivationBytes(graph.operators, graph)).toBe(bytes);
  });
});
