import type { Tensor, TensorData } from '../../../../onnx/graph';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';
import type { Constant } from '../value';
import { unary } from './elementwise';

/** Codes of 8 bits or fewer as int8, with the zero points that go with them: uint8 ones lie 128 lower. */
function asInt8({ type, shape, data }: Tensor): { codes: () => TensorData; shift: number } | undefined {
  if (type === 'int8') return { codes: () => data, shift: 0 };
  if (type === 'uint8') return { codes: () => new Int8Array(data as Uint8Array).map((code) => code - 128), shift: 128 };
  if (type !== 'int4' && type !== 'uint4') return undefined;
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = data as Uint8Array;
  const unpack = (): Int8Array =>
    Int8Array.from({ length: count }, (_, index) => {
      const nibble = (bytes[index >> 1]! >> (4 * (index & 1))) & 15;
      return type === 'int4' && nibble > 7 ? nibble - 16 : nibble;
    });
  return { codes: unpack, shift: 0 };
}

/** Constants stay codes, with their scales: kernels take them as they are. */
const dequantizeLinear: ConversionRule = (operation) => {
  const { node } = operation;
  const value = operation.input(0);
  if (value.kind === 'stored') return operation.gives('FLOAT32') ? unary(operation, 'DEQUANTIZE', {}, value) : value;
  const stored = operation.initializer(node.inputs[0]!);
  const scale = operation.numbers(1);
  if (!stored || !scale) return operation.unsupported('of values that are computed for each image');
  if (operation.integer('block_size', 0) !== 0) return operation.unsupported('in blocks');
  return codedConstant(operation, stored, scale);
};

function codedConstant(operation: Operation, stored: Tensor, scale: Float32Array): Constant {
  const zeros = operation.has(2) ? operation.initializer(operation.node.inputs[2]!) : undefined;
  const zeroCodes = zeros && (asInt8(zeros)?.codes() ?? zeros.data);
  const axis = scale.length > 1 ? operation.axis(operation.integer('axis', 1), stored.shape.length) : 0;
  const name = operation.node.inputs[0]!;
  if (stored.type === 'int32') return coded(name, stored.shape, 'INT32', () => stored.data, scale, undefined, axis);
  const int8 = asInt8(stored) ?? operation.unsupported(`of ${stored.type}`);
  const zeroPoint = Array.from(scale, (_, channel) =>
    zeroCodes ? Number(zeroCodes[zeroCodes.length > 1 ? channel : 0]) : -int8.shift,
  );
  return coded(name, stored.shape, 'INT8', int8.codes, scale, zeroPoint, axis);
}

function coded(
  name: string,
  shape: readonly number[],
  type: 'INT8' | 'INT32',
  data: () => TensorData,
  scale: Float32Array,
  zeroPoint: number[] | undefined,
  axis: number,
): Constant {
  const scales = Array.from(scale);
  return {
    kind: 'constant',
    name,
    shape,
    type,
    data,
    quantization: { scale: scales, zeroPoint: zeroPoint ?? scales.map(() => 0), axis },
  };
}

export const codeRules: Record<string, ConversionRule> = {
  DequantizeLinear: dequantizeLinear,
  // The conversion brings every value into the codes that it is to have.
  QuantizeLinear: (operation) => operation.stored(0),
};
