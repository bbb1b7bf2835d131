import { describe, expect, test } from 'vitest';
import {
  addBatch,
  centreGrams,
  emptySums,
  gramProbe,
  shrunkGram,
  writeProbe,
} from '../../../src/main/engine/compression/calibration/gram';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import { singleBatch } from '../../../src/main/engine/onnx/classifier';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import type { Node } from '../../../src/main/engine/onnx/graph';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';

/**
 * The reference: with weights W, the sum of squared outputs of the layer is the sum over rows of w H w^T, and the sum of outputs W sum x,
 * whatever the padding, strides or groups.
 */
async function check(node: Node, inputShape: number[], weightShape: number[], images: number): Promise<void> {
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', ['batch', ...inputShape])],
    outputs: [makeValue('y', 'float32', [])],
    nodes: [node],
    initializers: { w: noiseTensor(weightShape, 3) },
  });
  const probe = gramProbe(node, weightShape, inferShapes(graph, singleBatch(graph)), images)!;
  expect(probe.skip).toBe(1);
  const probed = { ...graph, nodes: [...graph.nodes], outputs: [...graph.outputs] };
  // The reference network's input is twice the layer's own.
  probed.nodes.push(makeNode('Add', ['x', 'x'], ['twice']));
  const written = writeProbe(probed, probe, 'twice', new FreshNames(probed));
  const total = emptySums(probe);
  const x = noiseTensor([images, ...inputShape], 4);
  const results = await runGraph(probed, { x });
  addBatch(total, written, results);
  const output = results['y']!;
  const axis = node.op === 'Gemm' ? 1 : node.op === 'Conv' ? 1 : output.shape.length - 1;
  const rows = output.shape[axis]!;
  const stride = output.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const isTransposed = node.op === 'MatMul' || (node.op === 'Gemm' && !node.attributes['transB']);
  const w = graph.initializers.get('w')!.data as Float32Array;
  for (let row = 0; row < rows; row++) {
    let [sum, squares, count] = [0, 0, 0];
    output.data.forEach((value: number | bigint, at: number) => {
      if (Math.floor(at / stride) % rows !== row) return;
      sum += Number(value);
      squares += Number(value) ** 2;
      count++;
    });
    const { columns, groups } = probe;
    const group = Math.floor(row / (rows / groups));
    const weight = (column: number): number => (isTransposed ? w[column * rows + row]! : w[row * columns + column]!);
    let [fromSums, fromGram] = [0, 0];
    for (let i = 0; i < columns; i++) {
      fromSums += weight(i) * total.sums[group * columns + i]!;
      for (let j = 0; j < columns; j++) fromGram += weight(i) * total.grams[group]!.data[i * columns + j]! * weight(j);
    }
    expect(total.count).toBe(count);
    expect(total.referenceSums[group * columns]).toBeCloseTo(2 * total.sums[group * columns]!, 2);
    expect(total.crosses[group]!.data[columns - 1]).toBeCloseTo(2 * total.grams[group]!.data[columns - 1]!, 2);
    expect(fromSums).toBeCloseTo(sum, 2);
    expect(fromGram).toBeCloseTo(squares, 2);
  }
  const { sums, count } = total;
  const before = total.grams[0]!.data[0]!;
  centreGrams(total);
  expect(total.grams[0]!.data[0]).toBeCloseTo(before - sums[0]! ** 2 / count, 3);
  expect(total.crosses[0]!.data[0]).toBeCloseTo(2 * (before - sums[0]! ** 2 / count), 3);
}

const conv = (attributes: Node['attributes']): Node => makeNode('Conv', ['x', 'w'], ['y'], attributes);

describe('the Gram matrix of a layer gives its outputs', () => {
  test.each<[string, Node['attributes'], number[], number[]]>([
    ['1x1', {}, [5, 4, 6], [3, 5, 1, 1]],
    [
      '3x3, uneven pads, strides',
      { pads: attr.ints([1, 0, 2, 1]), strides: attr.ints([2, 1]) },
      [4, 7, 6],
      [3, 4, 3, 3],
    ],
    ['dilated, 2 groups', { dilations: attr.ints([2, 1]), group: attr.int(2) }, [6, 7, 5], [4, 3, 3, 2]],
    [
      'depthwise, same padding',
      { auto_pad: attr.string('SAME_UPPER'), strides: attr.ints([2, 2]), group: attr.int(5) },
      [5, 6, 7],
      [10, 1, 3, 3],
    ],
    ['one dimension', { pads: attr.ints([2, 0]) }, [3, 9], [4, 3, 3]],
  ])('convolution: %s', (_name, attributes, input, weight) => check(conv(attributes), input, weight, 3));

  test('fully connected layers', async () => {
    await check(makeNode('Gemm', ['x', 'w'], ['y'], { transB: attr.int(1) }), [7], [4, 7], 5);
    await check(makeNode('Gemm', ['x', 'w'], ['y']), [7], [7, 4], 5);
    await check(makeNode('MatMul', ['x', 'w'], ['y']), [3, 7], [7, 4], 5);
  });

  test('is shrunk towards its diagonal where samples are few', () => {
    const gram = { rows: 2, columns: 2, data: Float32Array.of(4, 2, 2, 8) };
    expect([...shrunkGram(gram, 6).data]).toEqual([4, 1.5, 1.5, 8]);
  });

  test('positions of large maps are skipped, deep ones are not', () => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', ['batch', 4, 64, 64])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [makeNode('Conv', ['x', 'w'], ['y'])],
      initializers: { w: noiseTensor([3, 4, 1, 1], 3) },
    });
    const shapes = inferShapes(graph, singleBatch(graph));
    expect(gramProbe(graph.nodes[0]!, [3, 4, 1, 1], shapes, 128)!.skip).toBe(8);
    expect(gramProbe(graph.nodes[0]!, [3, 4, 1, 1], shapes, 2)!.skip).toBe(1);
  });
});
