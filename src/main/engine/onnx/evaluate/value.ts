import { storageOf } from '../element-type';
import type { Dimension, ElementType, Tensor, TensorData } from '../graph';

/**
 * A small tensor whose elements are known, as plain numbers: what shape arithmetic in a graph works on. An element may
 * also be the name of a symbolic dimension such as "batch", which movement operators carry along and arithmetic
 * refuses.
 */
export interface KnownValue {
  type: ElementType;
  shape: number[];
  data: Dimension[];
}

/** A known value without symbols. */
export interface NumericValue extends KnownValue {
  data: number[];
}

export function isNumeric(value: KnownValue): value is NumericValue {
  return value.data.every((element) => typeof element === 'number');
}

/** Elements a value may have; larger tensors are weights, which are never evaluated here. */
export const knownElementsLimit = 65536;

/**
 * @returns undefined for a tensor that is too large, packed, 16-bit floating, or holds integers beyond 2^53 (except "to
 * the end").
 */
export function knownValueOf({ type, shape, data }: Tensor): NumericValue | undefined {
  if (data.length > knownElementsLimit || storageOf(type)?.elementsPerEntry !== 1) return undefined;
  if (type === 'float16' || type === 'bfloat16') return undefined;
  return { type, shape, data: Array.from(data as ArrayLike<number | bigint>, Number) };
}

const integerTypes = new Set<ElementType>(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64']);

export function isInteger(type: ElementType): boolean {
  return integerTypes.has(type);
}

/** @returns undefined when an integer does not fit exactly. */
export function tensorOf({ type, shape, data }: NumericValue): Tensor | undefined {
  const storage = storageOf(type);
  if (!storage) return undefined;
  if (isInteger(type) && data.some((element) => !Number.isSafeInteger(element))) return undefined;
  if (type === 'int64') return { type, shape, data: BigInt64Array.from(data, BigInt) };
  if (type === 'uint64') return { type, shape, data: BigUint64Array.from(data, BigInt) };
  const array = new storage.array(data.length) as Exclude<TensorData, BigInt64Array | BigUint64Array>;
  array.set(data);
  return { type, shape, data: array };
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** An axis counted from the end made one from the start; undefined outside the rank. */
export function normalAxis(axis: number, rank: number): number | undefined {
  const normal = axis < 0 ? axis + rank : axis;
  return Number.isInteger(normal) && normal >= 0 && normal < rank ? normal : undefined;
}
