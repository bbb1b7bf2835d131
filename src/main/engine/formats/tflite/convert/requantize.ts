import type { TfliteQuantization } from '../model';
import type { ValueType } from './value';
import type { GraphBuilder } from './graph-builder';
import type { Value } from './value';

const same = (a: TfliteQuantization | undefined, b: TfliteQuantization | undefined): boolean =>
  a?.scale[0] === b?.scale[0] && a?.zeroPoint[0] === b?.zeroPoint[0];

/** The tensor in the type and codes that are `wanted`, by a QUANTIZE or DEQUANTIZE where it has others. */
export function quantizeTensor(builder: GraphBuilder, tensor: number, wanted: ValueType, name: string): number {
  const present = builder.tensors[tensor]!;
  if (present.type === wanted.type && same(present.quantization, wanted.quantization)) return tensor;
  const op = wanted.type === 'FLOAT32' ? 'DEQUANTIZE' : 'QUANTIZE';
  return builder.emit(op, [tensor], { name, shape: present.shape, ...wanted }, {});
}

export function quantizeTo(builder: GraphBuilder, value: Value, wanted: ValueType | undefined, name: string): Value {
  if (!wanted || value.kind === 'constant') return value;
  return { ...value, tensor: quantizeTensor(builder, value.tensor, wanted, name) };
}
