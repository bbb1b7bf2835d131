import type { TensorData } from '../../../onnx/graph';
import type { TfliteQuantization, TfliteType } from '../model';
import type { Layout } from './layout';

/** A value of the ONNX network within the TensorFlow Lite one. */
export type Value = Stored | Constant;

/** A tensor that is computed while the network runs, or is fed to it. */
export interface Stored {
  kind: 'stored';
  /** As ONNX sees it. */
  shape: readonly number[];
  /** How it lies in the tensor. */
  layout: Layout;
  /** Index of the tensor. Its own shape may be any that has as many elements. */
  tensor: number;
}

/** Numbers that are in the file, row by row in the order of `shape`. They are made when the file is: a check without writing is cheap. */
export interface Constant {
  kind: 'constant';
  name: string;
  shape: readonly number[];
  /** FLOAT32: numbers as such; INT8 and INT32 with `quantization`: codes. */
  type: TfliteType;
  data: () => TensorData;
  /** real = scale (code - zeroPoint) along `axis` of `shape`; one scale: the whole tensor. */
  quantization?: TfliteQuantization;
  /** Numbers that half precision holds: stored as FLOAT16, widened by a DEQUANTIZE. */
  isHalf?: boolean;
}

/** Type and codes of a value while the network runs. */
export interface ValueType {
  type: TfliteType;
  quantization?: TfliteQuantization;
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The array permuted as Transpose does, of a row-major array of shape `from`. */
export function permute<T extends TensorData>(data: T, from: readonly number[], permutation: readonly number[]): T {
  const strides = new Array<number>(from.length);
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= from[axis]!;
  }
  const sizes = permutation.map((axis) => from[axis]!);
  const steps = permutation.map((axis) => strides[axis]!);
  const result = new (data.constructor as new (length: number) => T)(data.length);
  const last = sizes.length - 1;
  if (last < 0) {
    result.set(data as never);
    return result;
  }
  const place = new Array<number>(last).fill(0);
  let start = 0;
  for (let at = 0; at < data.length;) {
    for (let index = 0, source = start; index < sizes[last]!; index++, source += steps[last]!)
      result[at++] = data[source]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      start += steps[axis]!;
      if (++place[axis]! < sizes[axis]!) break;
      start -= steps[axis]! * sizes[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

/** A constant with its axes in another order: axis i of the result is axis `permutation[i]`. */
export function permuted(constant: Constant, permutation: readonly number[]): Constant {
  const { shape, quantization } = constant;
  return {
    ...constant,
    shape: permutation.map((axis) => shape[axis]!),
    data: () => permute(constant.data(), shape, permutation),
    ...(quantization && {
      quantization: { ...quantization, axis: Math.max(0, permutation.indexOf(quantization.axis)) },
    }),
  };
}
