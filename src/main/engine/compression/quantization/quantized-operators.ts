import type { Graph, Node } from '../../onnx/graph';
import type { AffineScale } from '../algebra/affine-quantization';
import { scalarOf } from './integer-forms';

/** What integer kernels a plan may count on. */
export interface QuantizedOperators {
  /** These only move or select elements: the output takes the scale of the input. */
  moving: ReadonlySet<string>;
  /** Members or averages of their inputs, which all share one scale with the output. */
  pooling: ReadonlySet<string>;
  /** Quantized where an input is quantized already; inputs are activations. */
  following: ReadonlySet<string>;
  /** A Relu or Clip right after these becomes part of their output range. */
  absorbing: ReadonlySet<string>;
  /** Layers with a kernel that gives floats: what only float operators read of them is not rounded. */
  giveFloat: ReadonlySet<string>;
  /** Scales of outputs that the kernels prescribe. */
  fixed: ReadonlyMap<string, AffineScale>;
  /** Whether the kernel takes these constant inputs of an operator that joins values. */
  takesConstants(node: Node, graph: Graph, constants: readonly string[]): boolean;
}

/** All inputs of these are values. */
export const joiningOps: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Concat']);

export const movingOps: ReadonlySet<string> = new Set([
  'MaxPool',
  'Flatten',
  'Gather',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

export const followingOps: ReadonlySet<string> = new Set([
  'Add',
  'Mul',
  'Concat',
  'AveragePool',
  'GlobalAveragePool',
  'Sigmoid',
  'LeakyRelu',
  'Relu',
  'Clip',
]);

/** What ONNX Runtime fuses to integer kernels on its CPU provider. Members of a Concat may have scales of their own; see `joinedMembers`. */
export const fusedOperators: QuantizedOperators = {
  moving: movingOps,
  pooling: new Set(),
  following: followingOps,
  absorbing: new Set(['Conv', 'Gemm', 'MatMul', 'Add', 'Mul', 'AveragePool', 'GlobalAveragePool']),
  giveFloat: new Set(['MatMul']),
  fixed: new Map(),
  takesConstants: (node, graph, constants) =>
    node.op === 'Add' && constants.every((input) => scalarOf(graph, input) !== undefined),
};

/**
 * The int8 kernels of TensorFlow Lite (8-bit quantization specification, "int8 quantized operator specifications"): pools, members of a concatenation and whatever moves
 * elements have one scale, the outputs of sigmoid, softmax and tanh have a prescribed one. Zero points are those of uint8 codes.
 */
export const sharedScaleOperators: QuantizedOperators = {
  moving: new Set([...movingOps, 'GlobalMaxPool', 'Pad']),
  pooling: new Set(['AveragePool', 'Concat']),
  following: new Set([
    ...[...followingOps].filter((op) => op !== 'AveragePool'),
    'HardSwish',
    'LogSoftmax',
    'Softmax',
    'Sub',
    'Tanh',
  ]),
  absorbing: new Set(['Conv', 'Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'GlobalAveragePool']),
  giveFloat: new Set(),
  fixed: new Map([
    ['Sigmoid', { scale: 1 / 256, zeroPoint: 0 }],
    ['Softmax', { scale: 1 / 256, zeroPoint: 0 }],
    ['Tanh', { scale: 1 / 128, zeroPoint: 128 }],
    ['LogSoftmax', { scale: 16 / 256, zeroPoint: 255 }],
  ]),
  takesConstants: ({ op }, graph, constants) =>
    op !== 'Concat' && constants.every((input) => graph.initializers.get(input)?.type === 'float32'),
};
