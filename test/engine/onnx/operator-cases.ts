import type { Node, Tensor } from '../../../src/main/engine/onnx/graph';
import {
  attr,
  boolTensor,
  float32Tensor,
  int32Tensor,
  int64Tensor,
  int8Tensor,
  uint8Tensor,
} from '../../../src/main/engine/onnx/make';
import { noiseTensor } from '../../fixtures/graphs';

type Attributes = Node['attributes'];

/** One node: what is fed at run time, what is constant (null: an absent input), and how many outputs it has. */
export interface Case {
  op: string;
  feeds: Tensor[];
  constants?: (Tensor | null)[];
  attributes?: Attributes;
  outputs?: number;
  opset?: number;
}

const x = (...shape: number[]): Tensor => noiseTensor(shape, 11);
const w = (...shape: number[]): Tensor => noiseTensor(shape, 12);
const numbersOf = (tensor: Tensor): number[] => Array.from(tensor.data as Float32Array);
const ints = (...values: number[]): Tensor => int64Tensor([values.length], values);
const bytes = (...shape: number[]): Tensor =>
  uint8Tensor(
    shape,
    numbersOf(x(...shape)).map((value) => Math.abs(value) * 200),
  );
const scalar = (value: number): Tensor => float32Tensor([], [value]);
const zero8 = uint8Tensor([], [3]);

const kernel = (size: number, more: Attributes = {}): Attributes => ({
  kernel_shape: attr.ints([size, size]),
  ...more,
});
const strides = (size: number): Attributes => ({ strides: attr.ints([size, size]) });
const pads = (...values: number[]): Attributes => ({ pads: attr.ints(values) });

export function windowCases(): Case[] {
  const cases: Case[] = [];
  for (const autoPad of ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']) {
    for (const size of [7, 8, 9]) {
      for (const stride of [1, 2, 3]) {
        const auto = { auto_pad: attr.string(autoPad), ...strides(stride) };
        cases.push({
          op: 'Conv',
          feeds: [x(1, 4, size, size + 1)],
          constants: [w(6, 2, 3, 3)],
          attributes: { ...auto, group: attr.int(2) },
        });
        cases.push({ op: 'MaxPool', feeds: [x(1, 2, size, size + 1)], attributes: kernel(3, auto) });
        cases.push({ op: 'AveragePool', feeds: [x(1, 2, size, size + 1)], attributes: kernel(3, auto) });
      }
    }
  }
  for (const op of ['MaxPool', 'AveragePool']) {
    for (const size of [5, 6, 7, 8]) {
      for (const stride of [1, 2, 3]) {
        for (const pad of [
          [0, 0, 0, 0],
          [1, 1, 1, 1],
          [0, 0, 1, 1],
          [1, 0, 0, 1],
        ]) {
          const attributes = kernel(2, { ...strides(stride), ...pads(...pad), ceil_mode: attr.int(1) });
          cases.push({ op, feeds: [x(1, 2, size, size + 1)], attributes, opset: 22 });
        }
      }
    }
  }
  cases.push(
    {
      op: 'Conv',
      feeds: [x(2, 3, 12, 11)],
      constants: [w(4, 3, 3, 5), w(4)],
      attributes: { dilations: attr.ints([2, 1]), ...pads(2, 1, 0, 3) },
    },
    { op: 'Conv', feeds: [x(2, 3, 12)], constants: [w(4, 3, 3)] },
    { op: 'MaxPool', feeds: [x(1, 2, 9, 9)], attributes: kernel(3, { dilations: attr.ints([2, 2]) }), outputs: 2 },
    { op: 'GlobalAveragePool', feeds: [x(2, 3, 5, 4)] },
    { op: 'GlobalMaxPool', feeds: [x(2, 3, 5)] },
    {
      op: 'ConvInteger',
      feeds: [bytes(1, 3, 6, 6)],
      constants: [bytes(4, 3, 3, 3), zero8],
      attributes: pads(1, 1, 1, 1),
    },
    {
      op: 'QLinearConv',
      feeds: [bytes(1, 3, 6, 6)],
      constants: [
        scalar(0.1),
        zero8,
        int8Tensor(
          [4, 3, 3, 3],
          numbersOf(w(4, 3, 3, 3)).map((value) => value * 100),
        ),
        scalar(0.1),
        int8Tensor([], [0]),
        scalar(1),
        zero8,
      ],
      attributes: strides(2),
    },
  );
  return cases;
}

// prettier-ignore
const same = ['Abs', 'Ceil', 'Elu', 'Erf', 'Exp', 'Floor', 'HardSigmoid', 'HardSwish', 'Identity', 'LeakyRelu', 'LogSoftmax', 'Neg', 'Reciprocal', 'Relu', 'Round', 'Selu', 'Sigmoid', 'Sign', 'Softmax', 'Softplus', 'Softsign', 'Tanh', 'ThresholdedRelu'];
// prettier-ignore
const binary = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Mean', 'Sum', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

// prettier-ignore
export const elementwiseCases: Case[] = [
  ...same.map((op): Case => ({ op, feeds: [x(2, 3, 4)] })),
  ...binary.flatMap((op): Case[] => [
    { op, feeds: [x(2, 3, 4)], constants: [w(3, 1)] },
    { op, feeds: [x(1, 5)], constants: [w(2, 4, 1)] },
    { op, feeds: [x(2)], constants: [scalar(2)] },
  ]),
  { op: 'Gelu', feeds: [x(2, 3)], opset: 20 },
  { op: 'Mish', feeds: [x(2, 3)], opset: 18 },
  { op: 'PRelu', feeds: [x(1, 3, 2, 2)], constants: [w(3, 1, 1)] },
  { op: 'Clip', feeds: [x(2, 3)], constants: [scalar(0), scalar(6)] },
  { op: 'Clip', feeds: [x(2, 3)], constants: [null, scalar(6)] },
  { op: 'Sqrt', feeds: [float32Tensor([2], [4, 9])] },
  { op: 'Log', feeds: [float32Tensor([2], [4, 9])] },
  { op: 'Cast', feeds: [x(2, 3)], attributes: { to: attr.int(7) } },
  { op: 'Cast', feeds: [ints(3, 0)], attributes: { to: attr.int(9) } },
  { op: 'Dropout', feeds: [x(2, 3)], outputs: 2 },
  { op: 'Where', feeds: [boolTensor([2, 1], [1, 0])], constants: [x(1, 3), w(4, 1, 3)] },
  { op: 'Not', feeds: [boolTensor([2], [1, 0])] },
  { op: 'And', feeds: [boolTensor([2], [1, 0])], constants: [boolTensor([3, 1], [1, 0, 1])] },
  { op: 'BitShift', feeds: [bytes(4)], constants: [uint8Tensor([2, 1], [1, 2])], attributes: { direction: attr.string('RIGHT') } },
  { op: 'BitwiseAnd', feeds: [bytes(4)], constants: [uint8Tensor([2, 1], [1, 2])], opset: 18 },
  { op: 'CumSum', feeds: [x(2, 3)], constants: [int64Tensor([], [1])] },
  { op: 'LRN', feeds: [x(1, 4, 3, 3)], attributes: { size: attr.int(3) } },
  { op: 'BatchNormalization', feeds: [x(1, 2, 3, 3)], constants: [w(2), w(2), w(2), float32Tensor([2], [1, 2])] },
  { op: 'InstanceNormalization', feeds: [x(1, 2, 3, 3)], constants: [w(2), w(2)] },
  { op: 'LayerNormalization', feeds: [x(1, 2, 6)], constants: [w(6), w(6)] },
  { op: 'QuantizeLinear', feeds: [x(2, 3)], constants: [scalar(0.1), int8Tensor([], [0])] },
  { op: 'QuantizeLinear', feeds: [x(2, 3)], constants: [scalar(0.1)] },
  { op: 'DequantizeLinear', feeds: [bytes(2, 3)], constants: [scalar(0.1), zero8] },
  { op: 'DequantizeLinear', feeds: [int32Tensor([3], [1, 2, 3])], constants: [float32Tensor([3], [1, 2, 3])], attributes: { axis: attr.int(0) } },
  { op: 'DynamicQuantizeLinear', feeds: [x(2, 3)], outputs: 3 },
];

const axes = (...values: number[]): Attributes => ({ axes: attr.ints(values) });
const axis = (value: number): Attributes => ({ axis: attr.int(value) });
const transposed = (...names: string[]): Attributes => Object.fromEntries(names.map((name) => [name, attr.int(1)]));

// prettier-ignore
export const otherCases: Case[] = [
  { op: 'Gemm', feeds: [x(3, 4)], constants: [w(4, 5), w(5)] },
  { op: 'Gemm', feeds: [x(4, 3)], constants: [w(5, 4)], attributes: transposed('transA', 'transB') },
  { op: 'MatMul', feeds: [x(2, 3, 4)], constants: [w(4, 5)] },
  { op: 'MatMul', feeds: [x(4)], constants: [w(2, 4, 5)] },
  { op: 'MatMul', feeds: [x(2, 3, 4)], constants: [w(4)] },
  { op: 'MatMul', feeds: [x(2, 1, 3, 4)], constants: [w(5, 4, 2)] },
  { op: 'MatMulInteger', feeds: [bytes(3, 4)], constants: [bytes(4, 5), zero8, zero8] },
  ...['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL2'].flatMap((op): Case[] => [
    { op, feeds: [x(2, 3, 4)], attributes: axes(-1, 1) },
    { op, feeds: [x(2, 3, 4)], attributes: { ...axes(0), keepdims: attr.int(0) } },
    { op, feeds: [x(2, 3, 4)] },
    { op, feeds: [x(2, 3, 4)], constants: [ints(1)], opset: 18 },
  ]),
  { op: 'ReduceSum', feeds: [x(2, 3, 4)], constants: [ints(0, 2)], attributes: { keepdims: attr.int(0) } },
  { op: 'ReduceSum', feeds: [x(2, 3, 4)], attributes: { noop_with_empty_axes: attr.int(1) } },
  { op: 'ArgMax', feeds: [x(2, 3)], attributes: axis(1) },
  { op: 'ArgMin', feeds: [x(2, 3)], attributes: { ...axis(-1), keepdims: attr.int(0) } },
  { op: 'TopK', feeds: [x(2, 9)], constants: [ints(4)], outputs: 2 },
  { op: 'Concat', feeds: [x(2, 3)], constants: [w(2, 5), w(2, 1)], attributes: axis(-1) },
  { op: 'Split', feeds: [x(7, 2)], constants: [ints(3, 4)], outputs: 2 },
  { op: 'Split', feeds: [x(2, 6)], attributes: axis(1), outputs: 3 },
  { op: 'Split', feeds: [x(2, 7)], attributes: { ...axis(1), num_outputs: attr.int(3) }, outputs: 3, opset: 18 },
  { op: 'Split', feeds: [x(5)], attributes: { split: attr.ints([1, 4]) }, outputs: 2, opset: 11 },
  { op: 'Slice', feeds: [x(5, 6)], constants: [ints(1), ints(4)] },
  { op: 'Slice', feeds: [x(5, 6)], constants: [ints(-1, 9), ints(-99, 0), ints(0, 1), ints(-1, -2)] },
  { op: 'Slice', feeds: [x(5, 6)], constants: [ints(0, 1), int64Tensor([2], [2n ** 63n - 1n, -1n]), ints(-1, 0), ints(4, 2)] },
  { op: 'Slice', feeds: [x(5, 6)], constants: [ints(7), ints(9)] },
  { op: 'Slice', feeds: [x(5, 6)], attributes: { starts: attr.ints([1]), ends: attr.ints([2 ** 63]), ...axes(1) }, opset: 9 },
  { op: 'Squeeze', feeds: [x(1, 3, 1, 2)], constants: [ints(-2)] },
  { op: 'Squeeze', feeds: [x(1, 3, 1, 2)] },
  { op: 'Squeeze', feeds: [x(1, 3, 1, 2)], attributes: axes(0, 2), opset: 11 },
  { op: 'Unsqueeze', feeds: [x(3, 2)], constants: [ints(0, -1)] },
  { op: 'Unsqueeze', feeds: [x(3, 2)], attributes: axes(1), opset: 11 },
  { op: 'Flatten', feeds: [x(2, 3, 4)] },
  { op: 'Flatten', feeds: [x(2, 3, 4)], attributes: axis(0) },
  { op: 'Flatten', feeds: [x(2, 3, 4)], attributes: axis(-1) },
  { op: 'Flatten', feeds: [x(2, 3, 4)], attributes: axis(3) },
  { op: 'Reshape', feeds: [x(2, 3, 4)], constants: [ints(0, -1)] },
  { op: 'Reshape', feeds: [x(2, 3, 4)], constants: [ints(4, 0, -1)] },
  { op: 'Reshape', feeds: [x(2, 3)], constants: [ints(6)] },
  { op: 'Reshape', feeds: [x(1)], constants: [ints()] },
  { op: 'Transpose', feeds: [x(2, 3, 4)] },
  { op: 'Transpose', feeds: [x(2, 3, 4)], attributes: { perm: attr.ints([1, 2, 0]) } },
  { op: 'Shape', feeds: [x(2, 3, 4)] },
  { op: 'Shape', feeds: [x(2, 3, 4)], attributes: { start: attr.int(-2), end: attr.int(9) } },
  { op: 'Size', feeds: [x(2, 3, 4)] },
  { op: 'Gather', feeds: [x(2, 3, 4)], constants: [int64Tensor([2, 2], [0, 1, 2, -1])], attributes: axis(1) },
  { op: 'Gather', feeds: [x(2, 3)], constants: [int64Tensor([], [1])] },
  { op: 'GatherElements', feeds: [x(2, 3)], constants: [int64Tensor([1, 3], [0, 1, 1])] },
  { op: 'ConstantOfShape', feeds: [], constants: [ints(2, 3)], attributes: { value: attr.tensor(ints(7)) } },
  { op: 'ConstantOfShape', feeds: [], constants: [ints(2)] },
  { op: 'Range', feeds: [], constants: [int64Tensor([], [2]), int64Tensor([], [11]), int64Tensor([], [3])] },
  { op: 'Expand', feeds: [x(3, 1)], constants: [ints(2, 1, 4)] },
  { op: 'Tile', feeds: [x(3, 2)], constants: [ints(2, 3)] },
  { op: 'Pad', feeds: [x(1, 2, 3, 3)], constants: [ints(0, 0, 1, 2, 0, 0, 3, -1)] },
  { op: 'Pad', feeds: [x(1, 2, 3, 3)], constants: [ints(1, 2, 3, 4), null, ints(3, 2)], opset: 18 },
  { op: 'Pad', feeds: [x(2, 3)], attributes: pads(0, 1, 2, 0), opset: 9 },
  { op: 'Resize', feeds: [x(1, 2, 3, 5)], constants: [null, float32Tensor([4], [1, 1, 2, 1.5])] },
  // In float64 the last two would be 208 and 12 less a little.
  { op: 'Resize', feeds: [x(1, 1, 224, 13)], constants: [null, float32Tensor([4], [1, 1, 208 / 224, 12 / 13])] },
  { op: 'Resize', feeds: [x(1, 2, 3, 5)], constants: [null, null, ints(1, 2, 7, 4)] },
  { op: 'Resize', feeds: [x(1, 2, 3, 5)], constants: [null, null, ints(7, 4)], attributes: axes(2, 3), opset: 18 },
  { op: 'Resize', feeds: [x(1, 2, 4, 8)], constants: [null, null, ints(6, 6)], attributes: { ...axes(2, 3), keep_aspect_ratio_policy: attr.string('not_larger') }, opset: 18 },
  { op: 'Resize', feeds: [x(1, 2, 4, 8)], constants: [null, null, ints(6, 6)], attributes: { ...axes(2, 3), keep_aspect_ratio_policy: attr.string('not_smaller') }, opset: 18 },
  { op: 'Resize', feeds: [x(1, 2, 3, 5)], constants: [float32Tensor([4], [1, 1, 2, 2])], opset: 10 },
  { op: 'Upsample', feeds: [x(1, 2, 3, 5)], constants: [float32Tensor([4], [1, 1, 2, 2])], opset: 9 },
  { op: 'DepthToSpace', feeds: [x(1, 8, 2, 3)], attributes: { blocksize: attr.int(2) } },
  { op: 'SpaceToDepth', feeds: [x(1, 2, 4, 6)], attributes: { blocksize: attr.int(2) } },
];
