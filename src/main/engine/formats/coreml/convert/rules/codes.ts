import type { MilValue } from '../../program-builder';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';

const types = { int8: 'INT8', uint8: 'UINT8' } as const;
const isCodeType = (type: string): type is keyof typeof types => Object.hasOwn(types, type);

/** The scale and the zero point of values, one for all. */
function stepOf(operation: Operation): { type: keyof typeof types; scale: MilValue; zero: number } {
  const scale = operation.numbers(1) ?? operation.unsupported('with a scale that is computed for each image');
  const zero = operation.has(2) ? operation.integers(2) : [0];
  const { op } = operation.node;
  const type = op === 'QuantizeLinear' ? operation.network.elementOf(operation.name) : operation.inputType(0);
  if (scale.length !== 1 || zero?.length !== 1) return operation.unsupported('with a scale for each channel of values');
  if (!isCodeType(type)) return operation.unsupported(`of ${type}`);
  return { type, scale: operation.number(scale[0]!, 'scale'), zero: zero[0]! };
}

/** An input of codes without a zero point has the code 0 for 0. */
const zeroOf = (operation: Operation, { type, zero }: ReturnType<typeof stepOf>): MilValue =>
  operation.builder.code(zero, types[type], `${operation.name}_zero_point`);

const quantize: ConversionRule = (operation) => {
  const step = stepOf(operation);
  operation.builder.needs('CoreML7');
  const inputs = {
    input: operation.value(0),
    scale: step.scale,
    zero_point: zeroOf(operation, step),
    output_dtype: operation.text(step.type, 'output_dtype'),
  };
  return operation.emit('quantize', inputs, operation.outputShape(), types[step.type]);
};

const dequantize: ConversionRule = (operation) => {
  const step = stepOf(operation);
  const input = operation.value(0);
  if (input.type === operation.builder.precision) {
    // Codes that come in as numbers: pixels.
    const centred = operation.emit('sub', { x: input, y: operation.number(step.zero, 'zero') });
    return operation.emit('mul', { x: centred, y: step.scale });
  }
  operation.builder.needs('CoreML7');
  return operation.emit('dequantize', { input, scale: step.scale, zero_point: zeroOf(operation, step) });
};

export const codeRules: Record<string, ConversionRule> = { QuantizeLinear: quantize, DequantizeLinear: dequantize };
