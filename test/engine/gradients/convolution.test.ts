import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { gradientError } from './finite-differences';

const spatial = fc.record({
  size: fc.integer({ min: 3, max: 9 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  pads: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
});

const convolutions = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  groups: fc.integer({ min: 1, max: 3 }),
  // Few and many input channels: they are summed by other formulas.
  inputs: fc.constantFrom(1, 2, 9).map((count): number => count),
  outputs: fc.integer({ min: 1, max: 3 }),
  axes: fc.oneof(fc.tuple(spatial, spatial), fc.tuple(spatial)),
  auto: fc.constantFrom('NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
});
type Drawn = typeof convolutions extends fc.Arbitrary<infer T> ? T : never;

function graphOf({ images, groups, inputs, outputs, axes, auto }: Drawn): {
  graph: Graph;
  feeds: Record<string, Tensor>;
} {
  const feeds = {
    x: noiseTensor([images, groups * inputs, ...axes.map(({ size }) => size)], 1),
    w: noiseTensor([groups * outputs, inputs, ...axes.map(({ kernel }) => kernel)], 2),
    b: noiseTensor([groups * outputs], 3),
  };
  const pads = [...axes.map((axis) => axis.pads[0]), ...axes.map((axis) => axis.pads[1])];
  const isAutomatic = auto !== 'NOTSET';
  const graph = makeGraph({
    inputs: Object.entries(feeds).map(([name, { shape }]) => makeValue(name, 'float32', shape)),
    outputs: [makeValue('y', 'float32', [])],
    nodes: [
      makeNode('Conv', ['x', 'w', 'b'], ['y'], {
        group: attr.int(groups),
        strides: attr.ints(axes.map(({ stride }) => stride)),
        // ONNX Runtime takes no dilation with computed padding.
        dilations: attr.ints(axes.map(({ dilation }) => (isAutomatic ? 1 : dilation))),
        ...(isAutomatic ? { auto_pad: attr.string(auto) } : { pads: attr.ints(pads) }),
      }),
    ],
  });
  return { graph, feeds };
}

const fits = (drawn: Drawn): boolean => {
  try {
    inferShapes(graphOf(drawn).graph);
    return true;
  } catch {
    return false;
  }
};

test('convolutions of every kind: inputs, weights and biases', async () => {
  await fc.assert(
    fc.asyncProperty(convolutions.filter(fits), async (drawn) => {
      const { graph, feeds } = graphOf(drawn);
      expect(await gradientError(graph, { feeds, step: 0.5 })).toBeLessThan(1e-4);
    }),
    { seed: 12, numRuns: 150 },
  );
});

test.each([
  ['pointwise of large images', { groups: 1, inputs: 12, outputs: 4, size: 8, kernel: 1, stride: 1, pad: 0 }],
  ['pointwise of small images', { groups: 1, inputs: 40, outputs: 30, size: 2, kernel: 1, stride: 1, pad: 0 }],
  ['pointwise, every second pixel', { groups: 1, inputs: 12, outputs: 4, size: 7, kernel: 1, stride: 2, pad: 0 }],
  ['pointwise with padding', { groups: 1, inputs: 12, outputs: 4, size: 4, kernel: 1, stride: 1, pad: 1 }],
  ['dense 3x3', { groups: 1, inputs: 12, outputs: 5, size: 7, kernel: 3, stride: 1, pad: 1 }],
  ['dense 3x3, stride 2', { groups: 1, inputs: 12, outputs: 5, size: 8, kernel: 3, stride: 2, pad: 1 }],
  ['first layer 7x7, stride 2', { groups: 1, inputs: 3, outputs: 6, size: 14, kernel: 7, stride: 2, pad: 3 }],
  ['depthwise', { groups: 6, inputs: 1, outputs: 1, size: 7, kernel: 3, stride: 1, pad: 1 }],
  ['depthwise, stride 2', { groups: 6, inputs: 1, outputs: 1, size: 8, kernel: 3, stride: 2, pad: 1 }],
  ['depthwise, two filters each', { groups: 4, inputs: 1, outputs: 2, size: 6, kernel: 3, stride: 1, pad: 1 }],
  ['groups', { groups: 3, inputs: 4, outputs: 2, size: 6, kernel: 3, stride: 1, pad: 1 }],
])('%s', async (_, { groups, inputs, outputs, size, kernel, stride, pad }) => {
  const axis = { size, kernel, stride, dilation: 1, pads: [pad, pad] as [number, number] };
  const { graph, feeds } = graphOf({ images: 2, groups, inputs, outputs, axes: [axis, axis], auto: 'NOTSET' });
  for (const seed of [1, 2, 3]) expect(await gradientError(graph, { feeds, step: 0.5, seed })).toBeLessThan(1e-4);
});
