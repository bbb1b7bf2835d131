import { describe, expect, test } from 'vitest';
import { pruneMasks } from '../../../src/main/engine/compression/pruning/prune-mask';
import { parsePattern, pruneUnits } from '../../../src/main/engine/compression/pruning/prune-pattern';
import type { WeightLayer } from '../../../src/main/engine/compression/layers/weight-layers';
import { attr, float32Tensor, makeNode } from '../../../src/main/engine/onnx/make';

const conv = (shape: number[], data: number[], group = 1): WeightLayer => ({
  node: makeNode('Conv', ['x', 'w'], ['y'], { group: attr.int(group) }),
  weightName: 'w',
  weight: float32Tensor(shape, data),
  channelAxis: 0,
});

function maskOf(layer: WeightLayer, text: string, zeros: number): number[] {
  const pattern = parsePattern(text)!;
  const scores = (layer.weight.data as Float32Array).map(Math.abs);
  return [...pruneMasks([{ scores, units: pruneUnits(pattern, layer) }], pattern, zeros)[0]!];
}

// Two output channels, four input channels, one place.
const matrix = conv([2, 4, 1, 1], [1, -8, 3, 4, 5, 6, -7, 2]);

test.each([
  ['unstructured', 3, [1, 0, 1, 0, 0, 0, 0, 1]],
  ['2:4', 0, [1, 0, 1, 0, 1, 0, 0, 1]],
  ['1:4', 0, [1, 0, 1, 1, 1, 1, 0, 1]],
  ['1:2', 0, [1, 0, 1, 0, 1, 0, 0, 1]],
  // Three channels of the first run; one alone at the end stays.
  ['1:3', 0, [1, 0, 1, 0, 1, 1, 0, 0]],
  ['row', 4, [1, 1, 1, 1, 0, 0, 0, 0]],
  ['column', 4, [1, 0, 0, 1, 1, 0, 0, 1]],
  // Means 4.5, 3.5, 5.5, 4.5: of equal ones the first goes.
  ['1x2', 4, [1, 1, 1, 1, 0, 0, 0, 0]],
  ['2x2', 4, [0, 0, 1, 1, 0, 0, 1, 1]],
  // Blocks of 2 x 3 and, at the edge, 2 x 1: means 30/6 and 6/2.
  ['2x3', 2, [0, 0, 0, 1, 0, 0, 0, 1]],
])('%s, %i zeros', (text, zeros, expected) => {
  expect(maskOf(matrix, text, zeros)).toEqual(expected);
});

describe('convolutions', () => {
  test('n:m runs over input channels at one place of the kernel', () => {
    // One output channel, four input channels, two places: channel c at place p is element 2 c + p.
    expect(maskOf(conv([1, 4, 1, 2], [1, 8, 2, 7, 3, 6, 4, 5]), '2:4', 0)).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
  });

  test('channels that m does not divide: the shorter run at the end stays whole', () => {
    expect(maskOf(conv([1, 6, 1, 1], [1, 2, 3, 4, 5, 6]), '2:4', 0)).toEqual([1, 1, 0, 0, 0, 0]);
    expect(maskOf(conv([1, 7, 1, 1], [1, 2, 3, 4, 7, 6, 5]), '2:4', 0)).toEqual([1, 1, 0, 0, 0, 0, 0]);
  });

  test('depthwise layers have one input channel, so n:m leaves them alone', () => {
    expect(maskOf(conv([2, 1, 1, 2], [1, 2, 3, 4], 2), '2:4', 0)).toEqual([0, 0, 0, 0]);
  });

  test('a column ends with its group', () => {
    expect(maskOf(conv([4, 1, 1, 2], [1, 9, 1, 9, 9, 3, 9, 3], 2), 'column', 4)).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
  });
});

test.each(['', '4:4', '4:2', '0:4', '2:', 'x', '0x1', '2x', '1x100', '2:4 ', 'rows', '-1x2', '2.0:4'])(
  '"%s" is no pattern',
  (text) => {
    expect(parsePattern(text)).toBeUndefined();
  },
);
