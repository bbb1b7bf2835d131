import { windowsOf, type Window } from '../../../from-onnx/window-padding';
import type { MilValue } from '../../program-builder';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';

/** Pixels before and behind each axis, as MIL lists them; behind as many as the windows reach. */
export function padsOf(windows: readonly Window[], spatial: readonly number[]): number[] {
  return windows.flatMap(({ before, kernel, stride, dilation, outputs }, axis) => {
    const reach = (outputs - 1) * stride + (kernel - 1) * dilation + 1;
    return [before, Math.max(0, reach - spatial[axis]! - before)];
  });
}

const convolution: ConversionRule = (operation) => {
  const weight = operation.network.layerWeights(operation.node, 0);
  const x = operation.value(0);
  const spatial = x.shape.slice(2);
  const windows = windowsOf(operation.node, spatial, weight.shape.slice(2));
  return operation.emit('conv', {
    x,
    weight,
    strides: operation.integersOf(
      windows.map(({ stride }) => stride),
      'strides',
    ),
    pad_type: operation.text('custom', 'pad_type'),
    pad: operation.integersOf(padsOf(windows, spatial), 'pad'),
    dilations: operation.integersOf(
      windows.map(({ dilation }) => dilation),
      'dilations',
    ),
    groups: operation.integerOf(operation.integer('group', 1), 'groups'),
    bias: operation.has(2) ? bias(operation, 2, weight.shape[0]!, 1) : undefined,
  });
};

/** The bias of a layer, one number an output. */
function bias(operation: Operation, input: number, outputs: number, factor: number): MilValue {
  const numbers = operation.numbers(input) ?? operation.unsupported('with a bias that is computed for each image');
  if (numbers.length !== 1 && numbers.length !== outputs) return operation.unsupported('with a bias for each row');
  const values = Float32Array.from({ length: outputs }, (_, at) => factor * numbers[numbers.length === 1 ? 0 : at]!);
  return operation.floats(values, [outputs], 'bias');
}

const gemm: ConversionRule = (operation) => {
  if (operation.integer('transA', 0) !== 0) return operation.unsupported('with a transposed input');
  if (operation.float('alpha', 1) !== 1) return operation.unsupported('with alpha');
  const axis = operation.integer('transB', 0) !== 0 ? 0 : 1;
  const weight = operation.network.layerWeights(operation.node, axis);
  const beta = operation.float('beta', 1);
  return operation.emit('linear', {
    x: operation.value(0),
    weight,
    bias: operation.has(2) ? bias(operation, 2, weight.shape[0]!, beta) : undefined,
  });
};

const matMul: ConversionRule = (operation) => {
  const x = operation.value(0);
  const [, second] = operation.node.inputs;
  const isLayer =
    operation.network.numbersOf(second!)?.shape.length === 2 && x.shape.length >= 2 && x.shape.length <= 3;
  if (isLayer) return operation.emit('linear', { x, weight: operation.network.layerWeights(operation.node, 1) });
  const y = operation.value(1);
  if (x.shape.length < 2 || y.shape.length < 2) return operation.unsupported('of a vector');
  const [transpose_x, transpose_y] = ['transpose_x', 'transpose_y'].map((role) => operation.boolean(false, role));
  return operation.emit('matmul', { x, y, transpose_x, transpose_y });
};

export const layerRules: Record<string, ConversionRule> = { Conv: convolution, Gemm: gemm, MatMul: matMul };
