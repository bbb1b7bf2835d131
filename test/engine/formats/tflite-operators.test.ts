import { describe, expect, it } from 'vitest';
import { findUnsupported } from '../../../src/main/engine/formats/tflite/convert/convert';
import type { Attribute, Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int64Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { differenceAsTflite, hasTflite, kernels, needsTflite } from '../../fixtures/converted-network';

interface Case {
  name: string;
  op: string;
  attributes?: Record<string, Attribute>;
  /** Inputs behind the first. */
  rest?: (Tensor | '')[];
  shape?: number[];
  outputs?: number;
  opset?: number;
  /** Where the operator takes positive numbers only. */
  isPositive?: boolean;
}

const scalar = (value: number): Tensor => float32Tensor([], [value]);
const ints = (...values: number[]): Tensor => int64Tensor([values.length], values);
const image = [1, 6, 5, 4];

/** A convolution before the operator, so that its input lies as images do in the middle of a network; the identity where shapes are flat. */
function graphOf({ op, attributes, rest = [], shape = image, outputs = 1, opset = 17, isPositive }: Case): Graph {
  const isImage = shape.length === 4;
  const initializers: Record<string, Tensor> = { kernel: noiseTensor([shape[1]!, shape[1]!, 1, 1], 3) };
  const names = rest.map((tensor, index) => {
    if (tensor === '') return '';
    initializers[`c${index}`] = tensor;
    return `c${index}`;
  });
  const before = isImage
    ? [makeNode('Conv', ['input', 'kernel'], ['map']), makeNode(isPositive ? 'Sigmoid' : 'Tanh', ['map'], ['x'])]
    : [makeNode(isPositive ? 'Sigmoid' : 'Tanh', ['input'], ['x'])];
  const results = Array.from({ length: outputs }, (_, index) => `y${index}`);
  return makeGraph({
    opset,
    inputs: [makeValue('input', 'float32', shape)],
    outputs: results.map((name) => makeValue(name, 'float32', [])),
    nodes: [...before, makeNode(op, ['x', ...names], results, attributes)],
    initializers,
  });
}

const channel = (seed: number): Tensor => noiseTensor([6], seed);
const positive = (shape: number[], seed: number): Tensor => {
  const { data } = noiseTensor(shape, seed);
  return float32Tensor(
    shape,
    (data as Float32Array).map((value) => 0.5 + Math.abs(value)),
  );
};

// prettier-ignore
const cases: Case[] = [
  ...['Relu', 'Sigmoid', 'Tanh', 'Exp', 'Abs', 'Neg', 'Floor', 'Ceil', 'Sin', 'Cos', 'HardSwish', 'Elu'].map((op) => ({ name: op, op })),
  ...['Sqrt', 'Log', 'Reciprocal'].map((op) => ({ name: op, op, isPositive: true })),
  { name: 'LeakyRelu', op: 'LeakyRelu', attributes: { alpha: attr.float(0.2) } },
  { name: 'PRelu, a slope for each channel', op: 'PRelu', rest: [noiseTensor([6, 1, 1], 4)] },
  { name: 'PRelu, one slope', op: 'PRelu', rest: [noiseTensor([1], 4)] },
  { name: 'PRelu of features', op: 'PRelu', rest: [noiseTensor([6], 4)], shape: [1, 6] },
  { name: 'HardSigmoid', op: 'HardSigmoid' },
  { name: 'HardSigmoid, 1/6', op: 'HardSigmoid', attributes: { alpha: attr.float(1 / 6), beta: attr.float(0.5) } },
  { name: 'Gelu', op: 'Gelu', opset: 20 },
  { name: 'Gelu by tanh', op: 'Gelu', opset: 20, attributes: { approximate: attr.string('tanh') } },
  { name: 'Clip 0 to 6', op: 'Clip', rest: [scalar(0), scalar(6)] },
  { name: 'Clip -1 to 1', op: 'Clip', rest: [scalar(-1), scalar(1)] },
  { name: 'Clip to a range of its own', op: 'Clip', rest: [scalar(-0.3), scalar(0.4)] },
  { name: 'Clip below only', op: 'Clip', rest: [scalar(-0.3)] },
  { name: 'Clip above only', op: 'Clip', rest: ['', scalar(0.4)] },
  ...['Add', 'Sub', 'Mul', 'Div'].flatMap((op) => [
    { name: `${op} of a number`, op, rest: [scalar(1.5)] },
    { name: `${op} per channel`, op, rest: [positive([6, 1, 1], 4)] },
    { name: `${op} of a map`, op, rest: [positive([1, 1, 5, 4], 4)] },
    { name: `${op} of a tensor`, op, rest: [positive(image, 4)] },
  ]),
  { name: 'Max', op: 'Max', rest: [scalar(0.1), noiseTensor(image, 4)] },
  { name: 'Min', op: 'Min', rest: [noiseTensor([4], 4)] },
  { name: 'Pow 2', op: 'Pow', rest: [scalar(2)] },
  { name: 'Pow 0.5', op: 'Pow', rest: [scalar(0.5)], isPositive: true },
  { name: 'Pow 1.7', op: 'Pow', rest: [scalar(1.7)], isPositive: true },
  { name: 'BatchNormalization behind no layer', op: 'BatchNormalization', rest: [channel(4), channel(5), channel(6), positive([6], 7)] },
  { name: 'InstanceNormalization', op: 'InstanceNormalization', rest: [channel(4), channel(5)] },
  { name: 'LayerNormalization of the last axis', op: 'LayerNormalization', rest: [noiseTensor([4], 4), noiseTensor([4], 5)] },
  { name: 'LayerNormalization of an image', op: 'LayerNormalization', rest: [noiseTensor([6, 5, 4], 4)], attributes: { axis: attr.int(1) } },
  { name: 'LRN', op: 'LRN', attributes: { size: attr.int(3), alpha: attr.float(0.3), beta: attr.float(0.75), bias: attr.float(1.5) } },
  ...[1, 2, 3, -1].flatMap((axis) => ['Softmax', 'LogSoftmax'].map((op) => ({ name: `${op} along ${axis}`, op, attributes: { axis: attr.int(axis) } }))),
  ...['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2', 'ReduceSumSquare', 'ReduceL1', 'ReduceProd'].flatMap((op) => [
    { name: `${op} of the image`, op, attributes: { axes: attr.ints([2, 3]), keepdims: attr.int(0) } },
    { name: `${op} of the channels, kept`, op, attributes: { axes: attr.ints([1]) } },
  ]),
  { name: 'ReduceSum of rows', op: 'ReduceSum', rest: [ints(2)], attributes: { keepdims: attr.int(0) } },
  { name: 'ReduceMean of everything', op: 'ReduceMean' },
  { name: 'GlobalAveragePool', op: 'GlobalAveragePool' },
  { name: 'GlobalMaxPool', op: 'GlobalMaxPool' },
  { name: 'Transpose to channels last', op: 'Transpose', attributes: { perm: attr.ints([0, 2, 3, 1]) } },
  { name: 'Transpose of rows and columns', op: 'Transpose', attributes: { perm: attr.ints([0, 1, 3, 2]) } },
  { name: 'Transpose of everything', op: 'Transpose' },
  { name: 'Reshape that splits the channels', op: 'Reshape', rest: [ints(1, 2, 3, 5, 4)] },
  { name: 'Reshape to tokens', op: 'Reshape', rest: [ints(1, 6, 20)] },
  { name: 'Reshape across axes', op: 'Reshape', rest: [ints(1, 4, 30)] },
  { name: 'Flatten', op: 'Flatten' },
  { name: 'Flatten at axis 2', op: 'Flatten', attributes: { axis: attr.int(2) } },
  { name: 'Squeeze', op: 'Squeeze', rest: [ints(0)] },
  { name: 'Unsqueeze', op: 'Unsqueeze', rest: [ints(2)] },
  { name: 'Concat of channels', op: 'Concat', rest: [noiseTensor([1, 2, 5, 4], 4)], attributes: { axis: attr.int(1) } },
  { name: 'Concat of rows', op: 'Concat', rest: [noiseTensor([1, 6, 2, 4], 4)], attributes: { axis: attr.int(-2) } },
  { name: 'Split in equal parts', op: 'Split', rest: [ints(3, 3)], outputs: 2, attributes: { axis: attr.int(1) } },
  { name: 'Split in other parts', op: 'Split', rest: [ints(1, 5)], outputs: 2, attributes: { axis: attr.int(1) } },
  { name: 'Slice of rows and channels', op: 'Slice', rest: [ints(1, -4), ints(5, 3), ints(1, 2), ints(2, 1)] },
  { name: 'Pad', op: 'Pad', rest: [ints(0, 1, 2, 0, 0, 0, 1, 3)] },
  { name: 'Pad with a number', op: 'Pad', rest: [ints(0, 0, 2, 0, 0, 0, 1, 3), scalar(0.7)] },
  { name: 'Pad by reflection', op: 'Pad', rest: [ints(0, 0, 2, 1, 0, 0, 1, 3)], attributes: { mode: attr.string('reflect') } },
  { name: 'Gather of channels', op: 'Gather', rest: [ints(5, 0, -2)], attributes: { axis: attr.int(1) } },
  { name: 'Gather of one row', op: 'Gather', rest: [int64Tensor([], [2])], attributes: { axis: attr.int(2) } },
  { name: 'Expand', op: 'Expand', rest: [ints(1, 6, 5, 4)], shape: [1, 6, 1, 1] },
  { name: 'Tile', op: 'Tile', rest: [ints(1, 2, 1, 3)] },
  { name: 'DepthToSpace', op: 'DepthToSpace', shape: [1, 12, 3, 4], attributes: { blocksize: attr.int(2) } },
  { name: 'SpaceToDepth', op: 'SpaceToDepth', shape: [1, 3, 4, 6], attributes: { blocksize: attr.int(2) } },
  { name: 'MatMul of two values', op: 'MatMul', rest: [noiseTensor([1, 6, 4, 3], 4)] },
  { name: 'MatMul of tokens', op: 'MatMul', rest: [noiseTensor([4, 3], 4)], shape: [1, 6, 4] },
  { name: 'Gemm with alpha and beta', op: 'Gemm', shape: [1, 6], rest: [noiseTensor([6, 3], 4), noiseTensor([3], 5)], attributes: { alpha: attr.float(0.5), beta: attr.float(2) } },
  { name: 'Gemm with one number of bias', op: 'Gemm', shape: [1, 6], rest: [noiseTensor([3, 6], 4), scalar(0.4)], attributes: { transB: attr.int(1) } },
  ...['half_pixel', 'align_corners', 'asymmetric'].map((points) => ({
    name: `Resize, linear, ${points}`, op: 'Resize', rest: ['', '', ints(1, 6, 7, 9)] as ('' | Tensor)[],
    attributes: { mode: attr.string('linear'), coordinate_transformation_mode: attr.string(points) },
  })),
  { name: 'Resize to the nearest pixel, twice as large', op: 'Resize', rest: ['', float32Tensor([4], [1, 1, 2, 2])] },
  { name: 'Resize, linear, smaller', op: 'Resize', rest: ['', float32Tensor([4], [1, 1, 0.75, 0.75])], attributes: { mode: attr.string('linear') }, shape: [1, 3, 8, 12] },
];

describe('an operator in TensorFlow Lite', () => {
  describe.each(kernels)('with xnnpack $xnnpack', (kernel) => {
    it.skipIf(!hasTflite).each(cases)(`$name gives what ONNX Runtime gives${needsTflite}`, async (one) => {
      const { shape = image } = one;
      expect(await differenceAsTflite(graphOf(one), noiseTensor(shape, 9), kernel)).toBeLessThan(1e-4);
    });
  });

  // prettier-ignore
  it.each<Case>([
    { name: 'Erf', op: 'Erf' },
    { name: 'Elu with alpha', op: 'Elu', attributes: { alpha: attr.float(2) } },
    { name: 'LRN of an even size', op: 'LRN', attributes: { size: attr.int(2) } },
    { name: 'MaxPool with dilation', op: 'MaxPool', attributes: { kernel_shape: attr.ints([2, 2]), dilations: attr.ints([2, 2]) } },
    { name: 'Resize by factors that give no whole pixels', op: 'Resize', rest: ['', float32Tensor([4], [1, 1, 1.5, 1.5])], attributes: { mode: attr.string('linear') } },
    { name: 'Resize with points pytorch_half_pixel', op: 'Resize', rest: ['', '', ints(1, 6, 1, 9)], attributes: { mode: attr.string('linear'), coordinate_transformation_mode: attr.string('pytorch_half_pixel') } },
    { name: 'Pad in mode edge', op: 'Pad', rest: [ints(0, 0, 1, 1, 0, 0, 1, 1)], attributes: { mode: attr.string('edge') } },
    { name: 'DepthToSpace in mode CRD', op: 'DepthToSpace', shape: [1, 12, 3, 4], attributes: { blocksize: attr.int(2), mode: attr.string('CRD') } },
  ])('without a counterpart is named: $name', (one) => {
    expect(findUnsupported(graphOf(one))).toEqual([one.name]);
  });

  it('is named once, and what follows it is judged too', () => {
    const graph = graphOf({ name: '', op: 'Erf' });
    graph.nodes.push(makeNode('Erf', ['y0'], ['twice']), makeNode('Det', ['twice'], ['z']));
    graph.outputs = [makeValue('z', 'float32', [])];
    expect(findUnsupported(graph)).toEqual(['Erf', 'Det']);
  });

  it('is named where further outputs of it are read', () => {
    const window = { kernel_shape: attr.ints([2, 2]) };
    const graph = graphOf({ name: '', op: 'MaxPool', attributes: window, outputs: 2 });
    graph.nodes.push(makeNode('Cast', ['y1'], ['places'], { to: attr.int(1) }));
    graph.outputs = [makeValue('places', 'float32', [])];
    expect(findUnsupported(graph)).toEqual(['the further outputs of MaxPool']);
  });
});
