import { expect, it } from 'vitest';
import { cutPoints, nearestPoint } from '../../../src/main/engine/onnx/cut-points';
import { exitPlaces } from '../../../src/main/engine/exits/exit-features';
import { attr, float32Tensor, makeNode, makeValue, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';

/** Two layers, a residual block of one, and a classifier; what decodes a constant stands between. */
const network = makeGraph({
  inputs: [makeValue('x', 'float32', [1, 2, 4, 4])],
  outputs: [makeValue('y', 'float32', [1, 3])],
  nodes: [
    makeNode('Conv', ['x', 'w1'], ['a']),
    makeNode('Relu', ['a'], ['b']),
    makeNode('QuantizeLinear', ['b', 's', 'z'], ['q']),
    makeNode('DequantizeLinear', ['q', 's', 'z'], ['d']),
    makeNode('Neg', ['w2'], ['decoded']),
    makeNode('Conv', ['d', 'decoded'], ['c']),
    makeNode('Add', ['c', 'd'], ['sum']),
    makeNode('GlobalAveragePool', ['sum'], ['pooled']),
    makeNode('Flatten', ['pooled'], ['flat']),
    makeNode('Gemm', ['flat', 'w3'], ['y'], { transB: attr.int(1) }),
  ],
  initializers: {
    w1: noiseTensor([4, 2, 1, 1], 1),
    w2: noiseTensor([4, 4, 1, 1], 2),
    w3: noiseTensor([3, 4], 3),
    s: float32Tensor([], [0.1]),
    z: uint8Tensor([], [0]),
  },
});
const points = cutPoints(network);

it('are the values through which everything goes, with what comes before them', () => {
  expect(points.map(({ value }) => value)).toEqual(['a', 'b', 'q', 'd', 'sum', 'pooled', 'flat', 'y']);
  const [first, whole] = [2 * 4 * 16, 2 * 4 * 16 + 4 * 4 * 16 + 12];
  expect(points.map(({ macs }) => macs)).toEqual([
    first,
    first,
    first,
    first,
    whole - 12,
    whole - 12,
    whole - 12,
    whole,
  ]);
  expect(points.at(-1)!.share).toBe(1);
});

it('that exits read are floats or codes, neither decoded nor behind the last layers', () => {
  const places = exitPlaces(points, inferShapes(network));
  expect(places.map(({ value, channels, rank }) => [value, channels, rank])).toEqual([
    ['a', 4, 4],
    ['b', 4, 4],
    ['q', 4, 4],
    ['sum', 4, 4],
    ['pooled', 4, 4],
    ['flat', 4, 2],
  ]);
  expect(nearestPoint(places, 0.3)!.value).toBe('q');
  expect(nearestPoint(places, 0.9)!.value).toBe('flat');
  expect(nearestPoint([], 0.5)).toBeUndefined();
});
