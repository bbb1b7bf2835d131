import { elementCount } from '../../onnx/graph';
import type { TfliteTensor } from './model';
import { elementBits } from './tensor-types';

/**
 * Elements of a constant that do not stand for zero: codes other than the zero point of their channel, floats other than +0 and -0. All of
 * them for types of which this is not known.
 */
export function nonZeroCount(tensor: TfliteTensor): number {
  const { type, shape, data = new Uint8Array() } = tensor;
  const bits = elementBits(type);
  const whole = elementCount(shape);
  // Stored sparsely: what is not there is zero, and blocks hold zeros too.
  const size = tensor.isSparse && bits ? Math.min(whole, Math.floor((data.length * 8) / bits)) : whole;
  if (bits === 4) return size - zeroNibbles(data, size);
  if (bits === undefined || bits < 8) return size;
  const bytes = bits / 8;
  const isFloat = /FLOAT/.test(type);
  const zeroOf = zeroPoints(tensor);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let count = 0;
  for (let index = 0; index < size; index++) {
    if (!isZero(view, index * bytes, { bytes, isFloat, isSigned: type.startsWith('INT') }, zeroOf(index))) count++;
  }
  return count;
}

function isZero(
  view: DataView,
  at: number,
  { bytes, isFloat, isSigned }: { bytes: number; isFloat: boolean; isSigned: boolean },
  zero: number,
): boolean {
  switch (bytes) {
    case 1:
      return (isSigned ? view.getInt8(at) : view.getUint8(at)) === zero;
    case 2:
      // A half float is -0 by its sign bit alone.
      return isFloat ? (view.getUint16(at, true) & 0x7fff) === 0 : view.getInt16(at, true) === zero;
    case 4:
      return isFloat ? view.getFloat32(at, true) === 0 : view.getInt32(at, true) === zero;
    case 8:
      return isFloat ? view.getFloat64(at, true) === 0 : view.getBigInt64(at, true) === BigInt(zero);
    default:
      return false;
  }
}

/** The code that stands for zero at an element's place. */
function zeroPoints({ shape, quantization }: TfliteTensor): (index: number) => number {
  const { zeroPoint = [], axis = 0 } = quantization ?? {};
  const [first = 0] = zeroPoint;
  if (zeroPoint.every((value) => value === first)) return () => first;
  const inner = elementCount(shape.slice(axis + 1));
  return (index) => zeroPoint[Math.floor(index / inner) % zeroPoint.length]!;
}

function zeroNibbles(data: Uint8Array, size: number): number {
  let zeros = 0;
  for (let index = 0; index < size; index++) if (((data[index >> 1]! >> (4 * (index & 1))) & 0xf) === 0) zeros++;
  return zeros;
}
