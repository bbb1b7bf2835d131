import { expect, test } from 'vitest';
import { differentiate } from '../../../src/main/engine/gradients/differentiate';
import type { Attribute, Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int64Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { apart, gradientError } from './finite-differences';

interface Case {
  op: string;
  inputs: Tensor[];
  constants?: Tensor[];
  attributes?: Record<string, Attribute>;
  outputs?: number;
  opset?: number;
  /** Where the operator is not linear or quadratic: its curvature allows small steps only. */
  most?: number;
  label?: string;
}

/** One node; its inputs are those given, then the constants. */
function graphOf({ op, inputs, constants = [], attributes, outputs = 1, opset = 17 }: Case): Graph {
  const names = inputs.map((_, at) => `x${at}`);
  const stored = Object.fromEntries(constants.map((tensor, at) => [`c${at}`, tensor]));
  const results = Array.from({ length: outputs }, (_, at) => `y${at}`);
  return makeGraph({
    inputs: names.map((name, at) => makeValue(name, 'float32', inputs[at]!.shape)),
    outputs: results.map((name) => makeValue(name, 'float32', [])),
    nodes: [makeNode(op, [...names, ...Object.keys(stored)], results, attributes)],
    initializers: stored,
    opset,
  });
}

const x = noiseTensor([2, 3, 4, 5], 3);
const positive = float32Tensor(
  [2, 3, 4],
  (noiseTensor([2, 3, 4], 4).data as Float32Array).map((value) => 1.5 + value),
);
const kinked = apart([2, 3, 4], 5);
/** Numbers halfway between those of `apart`. */
const between = ({ shape, data }: Tensor): Tensor =>
  float32Tensor(
    shape,
    (data as Float32Array).map((value) => value + 0.05),
  );
const scalar = (value: number): Tensor => float32Tensor([], [value]);
const integers = (...values: number[]): Tensor => int64Tensor([values.length], values);
const smooth = 2e-3;

const cases: Case[] = [
  // Arithmetic, with every kind of broadcast.
  { op: 'Add', inputs: [x, noiseTensor([3, 1, 5], 2)] },
  { op: 'Sub', inputs: [noiseTensor([5], 2), x] },
  { op: 'Mul', inputs: [x, noiseTensor([2, 3, 1, 1], 2)] },
  { op: 'Mul', inputs: [noiseTensor([1], 2), x], label: 'by one number' },
  { op: 'Sum', inputs: [x, noiseTensor([4, 5], 2), noiseTensor([1, 3, 1, 1], 6)] },
  { op: 'Div', inputs: [noiseTensor([2, 3, 4], 2), positive], most: smooth },
  { op: 'Pow', inputs: [positive, float32Tensor([1], [1.7])], most: smooth },
  { op: 'Pow', inputs: [noiseTensor([2, 3, 4], 2)], constants: [scalar(2)], label: 'square' },
  { op: 'Max', inputs: [apart([2, 6], 1), between(apart([2, 6], 2))] },
  { op: 'Min', inputs: [apart([2, 6], 3), between(apart([6], 4))] },
  // Activations: those with kinks far from them.
  ...['Relu', 'LeakyRelu', 'HardSigmoid', 'Abs'].map((op) => ({ op, inputs: [kinked] })),
  ...['HardSwish', 'Elu'].map((op) => ({ op, inputs: [kinked], most: smooth })),
  ...['Sigmoid', 'Tanh', 'Softplus', 'Exp', 'Erf', 'Neg'].map((op) => ({ op, inputs: [x], most: smooth })),
  ...['Sqrt', 'Log', 'Reciprocal'].map((op) => ({ op, inputs: [positive], most: smooth })),
  { op: 'Gelu', inputs: [x], opset: 20, most: smooth },
  { op: 'Gelu', inputs: [x], opset: 20, attributes: { approximate: attr.string('tanh') }, most: smooth, label: 'tanh' },
  { op: 'Clip', inputs: [kinked], constants: [scalar(-0.5), scalar(0.5)] },
  { op: 'Clip', inputs: [kinked], constants: [scalar(0)], label: 'from below' },
  { op: 'PRelu', inputs: [apart([2, 3, 2, 2]), noiseTensor([3, 1, 1], 4)] },
  // Matrices.
  { op: 'Gemm', inputs: [noiseTensor([3, 4]), noiseTensor([4, 5], 2), noiseTensor([5], 3)] },
  {
    op: 'Gemm',
    inputs: [noiseTensor([4, 3]), noiseTensor([5, 4], 2), noiseTensor([3, 1], 3)],
    attributes: { transA: attr.int(1), transB: attr.int(1), alpha: attr.float(0.5), beta: attr.float(2) },
    label: 'both turned',
  },
  {
    op: 'Gemm',
    inputs: [noiseTensor([4, 3]), noiseTensor([4, 5], 2)],
    attributes: { transA: attr.int(1) },
    label: 'A',
  },
  {
    op: 'Gemm',
    inputs: [noiseTensor([3, 4]), noiseTensor([5, 4], 2)],
    attributes: { transB: attr.int(1) },
    label: 'B',
  },
  { op: 'MatMul', inputs: [noiseTensor([2, 3, 4]), noiseTensor([4, 5], 2)] },
  { op: 'MatMul', inputs: [noiseTensor([2, 2, 3, 4]), noiseTensor([2, 1, 4, 5], 2)], label: 'of a batch' },
  { op: 'MatMul', inputs: [noiseTensor([3, 4]), noiseTensor([2, 4, 5], 2)], label: 'one by a batch' },
  // Movement.
  { op: 'Concat', inputs: [x, noiseTensor([2, 1, 4, 5], 2)], attributes: { axis: attr.int(-3) } },
  { op: 'Split', inputs: [x], constants: [integers(2, 3)], attributes: { axis: attr.int(3) }, outputs: 2 },
  { op: 'Slice', inputs: [x], constants: [integers(1, 0), integers(3, 2), integers(2, 1)] },
  { op: 'Slice', inputs: [x], constants: [integers(4), integers(-6), integers(3), integers(-2)], label: 'backwards' },
  { op: 'Slice', inputs: [x], constants: [integers(1), integers(99), integers(2), integers(2)], label: 'in steps' },
  { op: 'Pad', inputs: [x], constants: [integers(0, 1, 0, 2, 0, 0, 3, -1)] },
  { op: 'Reshape', inputs: [x], constants: [integers(6, -1)] },
  { op: 'Flatten', inputs: [x], attributes: { axis: attr.int(2) } },
  { op: 'Transpose', inputs: [x], attributes: { perm: attr.ints([2, 0, 3, 1]) } },
  { op: 'Squeeze', inputs: [noiseTensor([2, 1, 3, 1])], constants: [integers(1, -1)] },
  { op: 'Unsqueeze', inputs: [noiseTensor([2, 3])], constants: [integers(0, 3)] },
  { op: 'Expand', inputs: [noiseTensor([3, 1])], constants: [integers(2, 3, 4)] },
  { op: 'Gather', inputs: [x], constants: [int64Tensor([], [-1])], attributes: { axis: attr.int(1) }, label: 'one' },
  { op: 'Gather', inputs: [x], constants: [integers(3, 0)], attributes: { axis: attr.int(2) } },
  {
    op: 'Gather',
    inputs: [x],
    constants: [int64Tensor([2, 2], [1, 3, 1, -1])],
    attributes: { axis: attr.int(2) },
    label: 'more than once',
  },
  { op: 'Gather', inputs: [noiseTensor([5], 2)], constants: [int64Tensor([3, 2], [0, 4, 4, 1, 0, 4])], label: 'table' },
  {
    op: 'GatherElements',
    inputs: [noiseTensor([2, 3], 2)],
    constants: [int64Tensor([2, 4], [0, 2, 2, 1, -1, 0, 0, 0])],
    attributes: { axis: attr.int(1) },
  },
  { op: 'GatherElements', inputs: [x], constants: [int64Tensor([1, 2, 2, 1], [1, 0, 1, 1])], label: 'first axis' },
  { op: 'DepthToSpace', inputs: [noiseTensor([1, 8, 2, 3])], attributes: { blocksize: attr.int(2) } },
  { op: 'SpaceToDepth', inputs: [noiseTensor([1, 2, 4, 6])], attributes: { blocksize: attr.int(2) } },
  // Reductions and pools.
  { op: 'ReduceMean', inputs: [x], attributes: { axes: attr.ints([2, 3]), keepdims: attr.int(0) } },
  { op: 'ReduceMean', inputs: [x], constants: [integers(-1)], opset: 18, label: 'axes as input' },
  { op: 'ReduceSum', inputs: [x], constants: [integers(1, 3)] },
  { op: 'ReduceSum', inputs: [x], attributes: { keepdims: attr.int(0) }, label: 'of all' },
  { op: 'ReduceMax', inputs: [apart([2, 3, 4])], attributes: { axes: attr.ints([1]), keepdims: attr.int(0) } },
  { op: 'GlobalAveragePool', inputs: [x] },
  { op: 'GlobalMaxPool', inputs: [apart([2, 3, 4, 2])] },
  { op: 'ReduceL2', inputs: [x], attributes: { axes: attr.ints([1, -1]), keepdims: attr.int(0) }, most: smooth },
  { op: 'ReduceL2', inputs: [x], constants: [integers(2)], opset: 18, most: smooth, label: 'axes as input' },
  { op: 'Cast', inputs: [x], attributes: { to: attr.int(1) } },
  // Normalization.
  { op: 'Softmax', inputs: [x], attributes: { axis: attr.int(1) }, most: smooth },
  { op: 'LogSoftmax', inputs: [x], most: smooth },
  {
    op: 'BatchNormalization',
    inputs: [x, noiseTensor([3], 2), noiseTensor([3], 3)],
    constants: [noiseTensor([3], 4), float32Tensor([3], [0.5, 1, 2])],
  },
  { op: 'LayerNormalization', inputs: [x, noiseTensor([5], 2), noiseTensor([5], 3)], most: smooth },
  {
    op: 'LayerNormalization',
    inputs: [x, noiseTensor([4, 5], 2), noiseTensor([4, 5], 3)],
    attributes: { axis: attr.int(2), epsilon: attr.float(0.01) },
    most: smooth,
    label: 'over two axes',
  },
  {
    op: 'InstanceNormalization',
    inputs: [x, noiseTensor([3], 2), noiseTensor([3], 3)],
    attributes: { epsilon: attr.float(0.01) },
    most: smooth,
  },
];

test.each(cases.map((each) => [`${each.op}${each.label ? ` ${each.label}` : ''}`, each] as const))(
  '%s: the gradient is what differences show',
  async (_, each) => {
    const feeds = Object.fromEntries(each.inputs.map((tensor, at) => [`x${at}`, tensor]));
    for (const seed of [1, 2, 3])
      expect(await gradientError(graphOf(each), { feeds, seed })).toBeLessThan(each.most ?? 3e-4);
  },
);

test('the gradient of a sign goes straight through between -1 and 1', async () => {
  const feeds = { x: float32Tensor([6], [-2, -0.9, -0.1, 0.2, 0.8, 1.5]), c: noiseTensor([6], 3) };
  const graph = makeGraph({
    inputs: Object.keys(feeds).map((name) => makeValue(name, 'float32', [6])),
    outputs: [],
    nodes: [
      makeNode('Sign', ['x'], ['sign']),
      makeNode('Mul', ['sign', 'c'], ['y']),
      makeNode('ReduceSum', ['y'], ['loss'], { keepdims: attr.int(0) }),
    ],
  });
  const { graph: both, gradients } = differentiate(graph, 'loss', ['x']);
  both.outputs = [makeValue(gradients.get('x')!, 'float32', [6])];
  const [found] = Object.values(await runGraph(both, feeds));
  const c = feeds.c.data as Float32Array;
  // Plus 0: a product with 0 may be -0.
  expect(Array.from(found!.data as Float32Array, (value) => value + 0)).toEqual([0, c[1], c[2], c[3], c[4], 0]);
});

/** d loss / d x where the loss is the sum of what nodes make of x, y. */
async function slopesOf(x: Tensor, nodes: Node[]): Promise<number[] | undefined> {
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', x.shape)],
    outputs: [],
    nodes: [...nodes, makeNode('ReduceSum', ['y'], ['loss'], { keepdims: attr.int(0) })],
  });
  const { graph: both, gradients } = differentiate(graph, 'loss', ['x']);
  const name = gradients.get('x');
  if (name === undefined) return undefined;
  both.outputs = [makeValue(name, 'float32', x.shape)];
  const [found] = Object.values(await runGraph(both, { x }));
  return Array.from(found!.data as Float32Array);
}

test('where a norm is 0 its gradient is 0; the largest of a channel share alike', async () => {
  const norm = makeNode('ReduceL2', ['x'], ['y'], { axes: attr.ints([1]) });
  expect(await slopesOf(float32Tensor([2, 2], [0, 0, 3, 4]), [norm])).toEqual(
    [0, 0, 0.6, 0.8].map((value) => expect.closeTo(value, 6) as number),
  );
  const pool = makeNode('GlobalMaxPool', ['x'], ['y']);
  expect(await slopesOf(float32Tensor([1, 2, 1, 2], [2, 2, 1, 3]), [pool])).toEqual([0.5, 0.5, 0, 1]);
});

test('a cast to whole numbers passes no gradient on, one to half precision is refused', async () => {
  const casts = (to: number) => [
    makeNode('Cast', ['x'], ['other'], { to: attr.int(to) }),
    makeNode('Cast', ['other'], ['back'], { to: attr.int(1) }),
    makeNode('Mul', ['back', 'x'], ['y']),
  ];
  // Of x as a factor alone: what it was rounded to.
  expect(await slopesOf(float32Tensor([2], [2.5, -3.5]), casts(7))).toEqual([2, -3]);
  await expect(slopesOf(float32Tensor([2], [2.5, -3.5]), casts(10))).rejects.toThrow(
    'it computes in float16, where gradients are float32',
  );
});

test('an operator without a rule is named, and only where a gradient would have to pass', async () => {
  const graph = graphOf({ op: 'Sin', inputs: [x] });
  await expect(gradientError(graph, { feeds: { x0: x } })).rejects.toThrow(
    'node "y0" (Sin): Whittle has no gradient for this operator',
  );
  graph.nodes.push(makeNode('Mul', ['y0', 'weight'], ['z']));
  graph.initializers.set('weight', noiseTensor([5], 9));
  graph.outputs = [makeValue('z', 'float32', x.shape)];
  expect(await gradientError(graph, { feeds: { x0: x }, wanted: ['weight'] })).toBeLessThan(3e-4);
});
