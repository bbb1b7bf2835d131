import { expect, test } from 'vitest';
import type { Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { singleBatch } from '../../../src/main/engine/onnx/classifier';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { splitLayer, type LayerSplit } from '../../../src/main/engine/onnx/split-layer';
import { makeGraph, noise, noiseTensor } from '../../fixtures/graphs';
import { largestDifference, runGraph } from '../../fixtures/run-graph';

const [inputs, rank, outputs] = [3, 2, 5];

/** The weight that two factors amount to, element by element. */
function composed(
  shape: number[],
  of: (output: number, inner: number, input: number, y: number, x: number) => number,
): Tensor {
  const [o = 1, i = 1, h = 1, w = 1] = shape;
  const data: number[] = [];
  for (let output = 0; output < o; output++)
    for (let input = 0; input < i; input++)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          let sum = 0;
          for (let inner = 0; inner < rank; inner++) sum += of(output, inner, input, y, x);
          data.push(sum);
        }
  return float32Tensor(shape, data);
}

const ints = (values: number[]) => attr.ints(values);
const convolutions: [string, Node['attributes']][] = [
  ['no attributes', {}],
  ['pads', { pads: ints([1, 0, 2, 1]) }],
  ['strides', { strides: ints([2, 3]), pads: ints([1, 1, 1, 1]), kernel_shape: ints([3, 3]) }],
  ['dilations', { dilations: ints([2, 1]), pads: ints([2, 1, 2, 1]) }],
  ['same padding', { auto_pad: attr.string('SAME_UPPER'), strides: ints([2, 2]) }],
];

async function check(node: Node, weight: Tensor, split: LayerSplit, shape: number[]): Promise<void> {
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', shape)],
    outputs: [makeValue('y', 'float32', [])],
    nodes: [node],
    initializers: { w: weight, b: noiseTensor([outputs], 8) },
  });
  const feeds = { x: noiseTensor(shape, 9) };
  const before = (await runGraph(graph, feeds))['y'];
  const inferred = inferShapes(graph, singleBatch(graph)).get('y');
  splitLayer(graph, node, split);
  expect(graph.nodes.map(({ name }) => name)).toEqual(['layer/low-rank', 'layer']);
  expect(largestDifference((await runGraph(graph, feeds))['y'], before)).toBeLessThan(1e-4);
  expect(inferShapes(graph, singleBatch(graph)).get('y')).toEqual(inferred);
}

test.each(convolutions)('channel split, %s', async (_name, attributes) => {
  const [first, second] = [noise(rank * inputs * 9, 1), noise(outputs * rank, 2)];
  const weight = composed(
    [outputs, inputs, 3, 3],
    (o, r, i, y, x) => second[o * rank + r]! * first[((r * inputs + i) * 3 + y) * 3 + x]!,
  );
  const split: LayerSplit = {
    kind: 'channel',
    first: float32Tensor([rank, inputs, 3, 3], first),
    second: float32Tensor([outputs, rank, 1, 1], second),
  };
  await check(makeNode('Conv', ['x', 'w', 'b'], ['y'], attributes, 'layer'), weight, split, [2, inputs, 8, 9]);
});

test.each(convolutions)('spatial split, %s', async (_name, attributes) => {
  const [first, second] = [noise(rank * inputs * 3, 1), noise(outputs * rank * 3, 2)];
  const weight = composed(
    [outputs, inputs, 3, 3],
    (o, r, i, y, x) => second[(o * rank + r) * 3 + x]! * first[(r * inputs + i) * 3 + y]!,
  );
  const split: LayerSplit = {
    kind: 'spatial',
    first: float32Tensor([rank, inputs, 3, 1], first),
    second: float32Tensor([outputs, rank, 1, 3], second),
  };
  await check(makeNode('Conv', ['x', 'w', 'b'], ['y'], attributes, 'layer'), weight, split, [2, inputs, 8, 9]);
});

test.each([0, 1])('matrix split, transB %i', async (transB) => {
  const [first, second] = [noise(rank * inputs, 1), noise(outputs * rank, 2)];
  const stored = (rows: number, columns: number, at: (row: number, column: number) => number): Tensor => {
    const shape = transB ? [rows, columns] : [columns, rows];
    const data = Array.from({ length: rows * columns }, (_, index) =>
      transB ? at(Math.floor(index / columns), index % columns) : at(index % rows, Math.floor(index / rows)),
    );
    return float32Tensor(shape, data);
  };
  const whole = composed([outputs, inputs], (o, r, i) => second[o * rank + r]! * first[r * inputs + i]!)
    .data as Float32Array;
  const split: LayerSplit = {
    kind: 'matrix',
    first: stored(rank, inputs, (row, column) => first[row * inputs + column]!),
    second: stored(outputs, rank, (row, column) => second[row * rank + column]!),
  };
  const weight = stored(outputs, inputs, (row, column) => whole[row * inputs + column]!);
  const attributes = { transB: attr.int(transB), alpha: attr.float(0.5), beta: attr.float(2) };
  await check(makeNode('Gemm', ['x', 'w', 'b'], ['y'], attributes, 'layer'), weight, split, [4, inputs]);
  if (!transB) await check(makeNode('MatMul', ['x', 'w'], ['y'], {}, 'layer'), weight, split, [2, 4, inputs]);
});
