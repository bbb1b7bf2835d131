import { fromFloat16Bits, toFloat16Bits } from '../../../onnx/float16';

/** Whether half precision holds all of these numbers as they are. */
export function holdsExactly(values: Float32Array): boolean {
  return values.every((value) => Object.is(fromFloat16Bits(toFloat16Bits(value)), value));
}
