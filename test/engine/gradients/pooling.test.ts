import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differentiate } from '../../../src/main/engine/gradients/differentiate';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { makeGraph } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { apart, gradientError } from './finite-differences';

const axis = fc.record({
  size: fc.integer({ min: 3, max: 8 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  before: fc.integer({ min: 0, max: 1 }),
  after: fc.integer({ min: 0, max: 1 }),
});
const pools = fc.record({
  op: fc.constantFrom('MaxPool', 'AveragePool'),
  axes: fc.tuple(axis, axis),
  ceil: fc.boolean(),
  countsPadding: fc.boolean(),
  auto: fc.constantFrom('NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER'),
});
type Drawn = typeof pools extends fc.Arbitrary<infer T> ? T : never;

function graphOf({ op, axes, ceil, countsPadding, auto }: Drawn): Graph {
  const isAutomatic = auto !== 'NOTSET';
  const pads = [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)];
  return makeGraph({
    inputs: [makeValue('x', 'float32', [2, 3, ...axes.map(({ size }) => size)])],
    outputs: [makeValue('y', 'float32', [])],
    nodes: [
      makeNode(op, ['x'], ['y'], {
        kernel_shape: attr.ints(axes.map(({ kernel }) => kernel)),
        strides: attr.ints(axes.map(({ stride }) => stride)),
        ...(isAutomatic
          ? { auto_pad: attr.string(auto) }
          : { pads: attr.ints(pads), ceil_mode: attr.int(Number(ceil)) }),
        ...(op === 'AveragePool' ? { count_include_pad: attr.int(Number(countsPadding)) } : {}),
      }),
    ],
  });
}

/** A last window that begins behind the image is counted by ONNX's shape inference and not by its operators. */
const isOverhanging = ({ size, kernel, stride, before, after }: Drawn['axes'][number]): boolean =>
  Math.ceil((size + before + after - kernel) / stride) * stride >= size + before;

/** Padding is smaller than the kernel, as the runtime asks for. */
const fits = (drawn: Drawn): boolean => {
  if (drawn.ceil && drawn.axes.some(isOverhanging)) return false;
  if (drawn.axes.some(({ kernel, before, after }) => kernel <= Math.max(before, after))) return false;
  if (drawn.auto !== 'NOTSET' && drawn.axes.some(({ kernel, stride }) => kernel < stride)) return false;
  try {
    inferShapes(graphOf(drawn));
    return true;
  } catch {
    return false;
  }
};

test('pools of every kind, also where windows overlap or leave pixels out', async () => {
  await fc.assert(
    fc.asyncProperty(pools.filter(fits), async (drawn) => {
      const graph = graphOf(drawn);
      const x = apart(graph.inputs[0]!.shape as number[], 3);
      expect(await gradientError(graph, { feeds: { x }, step: 0.02 })).toBeLessThan(3e-4);
    }),
    { seed: 12, numRuns: 100 },
  );
});

test('among equal elements the first of a window gets its share, row by row, as in PyTorch', async () => {
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', [1, 1, 3, 4])],
    outputs: [],
    nodes: [
      makeNode('MaxPool', ['x'], ['y'], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([1, 1]) }),
      makeNode('ReduceSum', ['y'], ['loss'], { keepdims: attr.int(0) }),
    ],
  });
  const differentiated = differentiate(graph, 'loss', ['x']);
  const output = differentiated.gradients.get('x')!;
  differentiated.graph.outputs = [makeValue(output, 'float32', [1, 1, 3, 4])];
  const x = float32Tensor([1, 1, 3, 4], [0, 0, 0, 0, 0, 5, 5, 0, 0, 0, 0, 0]);
  const result = await runGraph(differentiated.graph, { x });
  // torch.nn.functional.max_pool2d(x, 2, 1).sum().backward() gives the same.
  expect([...(result[output]!.data as Float32Array)]).toEqual([0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0]);
});
