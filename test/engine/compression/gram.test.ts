import { describe, expect, test } from 'vitest';
import {
  addBatch,
  centreGrams,
  diagonalAt,
  emptySums,
  addGrams,
  writeGram,
} from '../../../src/main/engine/compression/calibration/gram';
import { inputColumns } from '../../../src/main/engine/compression/calibration/input-columns';
import { writeLayerError } from '../../../src/main/engine/compression/calibration/layer-error';
import { gramExtent, shrinkGram, shrunkGram } from '../../../src/main/engine/compression/calibration/shrunk-gram';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import type { Node } from '../../../src/main/engine/onnx/graph';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';

/**
 * The reference: with weights W, the sum of squared outputs of the layer is the sum over rows of w H w^T, and the sum of outputs W sum x,
 * whatever the padding, strides or groups. The reference network's input is three times the layer's own, so that the error is twice its output:
 * e = 2 W x, M = 2 W H.
 */
async function check(node: Node, inputShape: number[], weightShape: number[], images: number): Promise<void> {
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', ['batch', ...inputShape])],
    outputs: [makeValue('y', 'float32', [])],
    nodes: [node],
    initializers: { w: noiseTensor(weightShape, 3), three: float32Tensor([], [3]) },
  });
  const layer = weightLayers(graph)[0]!;
  const { rows, columns, groups, data: w } = weightRows(layer);
  const probe = inputColumns(graph)(node, weightShape, images)!;
  expect(probe).toMatchObject({ skip: 1, columns, groups });
  const probed = { ...graph, nodes: [...graph.nodes], outputs: [...graph.outputs] };
  probed.nodes.push(makeNode('Mul', ['x', 'three'], ['reference']));
  const reference = { ...node, inputs: ['reference', 'w'] };
  const errorOf: Parameters<typeof writeGram>[3] = (writer) => ({
    value: writeLayerError(writer, { layer: node, reference }),
    outputs: rows,
  });
  const written = writeGram(probed, probe, 'x', errorOf);
  const writtenDiagonal = writeGram(probed, probe, 'x', errorOf, 'diagonal');
  const [total, halves] = [emptySums(probe, rows), [emptySums(probe, rows), emptySums(probe, rows)]];
  const diagonal = emptySums(probe, rows, 'diagonal');
  for (let batch = 0; batch < 2; batch++) {
    const results = await runGraph(probed, { x: noiseTensor([images, ...inputShape], 4 + batch) });
    for (const sums of [total, halves[batch]!]) addBatch(sums, written, results);
    addBatch(diagonal, writtenDiagonal, results);
    if (batch > 0) continue;
    const output = results['y']!;
    const stride = node.op === 'Conv' ? output.shape.slice(2).reduce((product, size) => product * size, 1) : 1;
    for (let row = 0; row < rows; row++) {
      let [sum, squares, count] = [0, 0, 0];
      output.data.forEach((value: number | bigint, at: number) => {
        if (Math.floor(at / stride) % rows !== row) return;
        sum += Number(value);
        squares += Number(value) ** 2;
        count++;
      });
      const [group, inGroup] = [Math.floor(row / (rows / groups)), row % (rows / groups)];
      let [fromSums, fromGram, fromErrors] = [0, 0, 0];
      for (let i = 0; i < columns; i++) {
        fromSums += w[row * columns + i]! * total.sums[group * columns + i]!;
        fromErrors += w[row * columns + i]! * total.errors[group]!.data[inGroup * columns + i]!;
        for (let j = 0; j < columns; j++)
          fromGram += w[row * columns + i]! * total.grams[group]!.data[i * columns + j]! * w[row * columns + j]!;
      }
      expect(total.count).toBe(count);
      expect(total.errorSums[row]).toBeCloseTo(2 * sum, 2);
      expect(fromErrors).toBeCloseTo(2 * squares, 2);
      expect(fromSums).toBeCloseTo(sum, 2);
      expect(fromGram).toBeCloseTo(squares, 2);
    }
  }
  const joined = addGrams(halves[0]!, halves[1]!);
  expect(joined.count).toBe(total.count);
  for (const [sums, all] of [
    [joined, total],
    [addGrams(joined, halves[0]!, -1), halves[1]!],
  ] as const) {
    expect(sums.grams[0]!.data[1]).toBeCloseTo(all.grams[0]!.data[1]!, 3);
    expect(sums.errors[0]!.data[0]).toBeCloseTo(all.errors[0]!.data[0]!, 3);
    expect(sums.errorSums[0]).toBeCloseTo(all.errorSums[0]!, 3);
  }
  const { sums, errorSums, count } = total;
  expect(count).toBe(2 * probe.samples);
  expect(diagonal).toMatchObject({ sums, errorSums, count, errors: [] });
  const expectDiagonal = (): void =>
    total.grams.forEach((gram, group) => {
      expect(diagonal.grams[group]!.data).toHaveLength(columns);
      for (let column = 0; column < columns; column++)
        expect(diagonalAt(diagonal.grams[group]!, column)).toBeCloseTo(diagonalAt(gram, column), 3);
    });
  expectDiagonal();
  const [before, beforeError] = [total.grams[0]!.data[0]!, total.errors[0]!.data[0]!];
  for (const each of [total, diagonal]) centreGrams(each);
  expectDiagonal();
  expect(total.grams[0]!.data[0]).toBeCloseTo(before - sums[0]! ** 2 / count, 3);
  expect(total.errors[0]!.data[0]).toBeCloseTo(beforeError - (errorSums[0]! * sums[0]!) / count, 3);
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

  test('is whole and symmetric where it is computed in blocks', async () => {
    const [images, columns] = [40, 1700];
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', ['batch', columns])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
      initializers: { w: noiseTensor([columns, 2], 3) },
    });
    const probe = inputColumns(graph)(graph.nodes[0]!, [columns, 2], images)!;
    const written = writeGram(graph, probe, 'x');
    expect(written.gram).toHaveLength(4);
    const x = noiseTensor([images, columns], 4);
    const sums = emptySums(probe);
    addBatch(sums, written, await runGraph(graph, { x }));
    const { data } = sums.grams[0]!;
    let [largest, asymmetry] = [0, 0];
    for (let row = 0; row < columns; row++)
      for (let column = 0; column <= row; column++) {
        let expected = 0;
        for (let image = 0; image < images; image++)
          expected += Number(x.data[image * columns + row]) * Number(x.data[image * columns + column]);
        largest = Math.max(largest, Math.abs(data[row * columns + column]! - expected));
        asymmetry = Math.max(asymmetry, Math.abs(data[row * columns + column]! - data[column * columns + row]!));
      }
    expect(largest).toBeLessThan(1e-4);
    expect(asymmetry).toBeLessThan(1e-5);
  });

  test('is shrunk towards its diagonal where samples are few', () => {
    const gram = { rows: 2, columns: 2, data: Float32Array.of(4, 2, 2, 8) };
    expect([...shrunkGram(gram, 6).data]).toEqual([4, 1.5, 1.5, 8]);
    expect([...gram.data]).toEqual([4, 2, 2, 8]);
    expect(shrinkGram(gram, 6)).toBe(gram);
    expect([...gram.data]).toEqual([4, 1.5, 1.5, 8]);
  });

  test('samples are counted for each image, also where the file fixes the batch', () => {
    const samplesOf = (batch: string | number, rows: number[]): number => {
      const graph = makeGraph({
        inputs: [makeValue('x', 'float32', [batch, ...rows, 7])],
        outputs: [makeValue('y', 'float32', [])],
        nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
        initializers: { w: noiseTensor([7, 4], 3) },
      });
      return inputColumns(graph)(graph.nodes[0]!, [7, 4], 24)!.samples;
    };
    expect([samplesOf('batch', []), samplesOf(8, []), samplesOf('batch', [5]), samplesOf(8, [5])]).toEqual([
      24, 24, 120, 120,
    ]);
  });

  test('is its diagonal alone where it would be large and hardly believed', () => {
    const extentOf = (columns: number, samples: number, groups = 1): string =>
      gramExtent({ node: makeNode('Gemm', [], []), groups, columns, skip: 1, samples });
    expect(extentOf(25_088, 256)).toBe('diagonal');
    expect([extentOf(9216, 256), extentOf(25_088, 2000), extentOf(25_088, 256, 2), extentOf(25_088, Infinity)]).toEqual(
      new Array<string>(4).fill('whole'),
    );
  });

  test('positions of large maps are skipped, deep ones are not', () => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', ['batch', 4, 64, 64])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [makeNode('Conv', ['x', 'w'], ['y'])],
      initializers: { w: noiseTensor([3, 4, 1, 1], 3) },
    });
    const inputsOf = inputColumns(graph);
    expect(inputsOf(graph.nodes[0]!, [3, 4, 1, 1], 128)!.skip).toBe(8);
    expect(inputsOf(graph.nodes[0]!, [3, 4, 1, 1], 2)!.skip).toBe(1);
  });
});
