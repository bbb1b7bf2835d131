import { elementCount } from '../graph';
import { knownElementsLimit, stridesOf, type KnownValue } from './value';

/** The element of `source` that each element of the result comes from, given the result's index along every axis. */
function rearrange(value: KnownValue, shape: number[], sourceIndex: (index: readonly number[]) => number): KnownValue {
  const strides = stridesOf(shape);
  const data = Array.from({ length: elementCount(shape) }, (_, flat) => {
    const index = shape.map((dimension, axis) => Math.floor(flat / strides[axis]!) % dimension);
    return value.data[sourceIndex(index)]!;
  });
  return { type: value.type, shape, data };
}

export function transpose(value: KnownValue, order: readonly number[]): KnownValue {
  const strides = stridesOf(value.shape);
  return rearrange(
    value,
    order.map((axis) => value.shape[axis]!),
    (index) => index.reduce((sum, position, axis) => sum + position * strides[order[axis]!]!, 0),
  );
}

/**
 * @param starts first index taken per axis. @param steps distance between indices taken, may be negative. @param shape
 * of the result.
 */
export function slice(
  value: KnownValue,
  starts: readonly number[],
  steps: readonly number[],
  shape: number[],
): KnownValue {
  const strides = stridesOf(value.shape);
  return rearrange(value, shape, (index) =>
    index.reduce((sum, position, axis) => sum + (starts[axis]! + position * steps[axis]!) * strides[axis]!, 0),
  );
}

/** Gather along `axis`; undefined when an index is out of range or the result too large. */
export function gather(
  value: KnownValue,
  indices: { shape: number[]; data: number[] },
  axis: number,
): KnownValue | undefined {
  const length = value.shape[axis]!;
  const positions = indices.data.map((index) => (index < 0 ? index + length : index));
  if (positions.some((position) => position < 0 || position >= length)) return undefined;
  const strides = stridesOf(value.shape);
  const indexStrides = stridesOf(indices.shape);
  const rank = indices.shape.length;
  const shape = [...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)];
  if (elementCount(shape) > knownElementsLimit) return undefined;
  return rearrange(value, shape, (index) => {
    let which = 0;
    for (let inner = 0; inner < rank; inner++) which += index[axis + inner]! * indexStrides[inner]!;
    let position = positions[which]! * strides[axis]!;
    for (let outer = 0; outer < axis; outer++) position += index[outer]! * strides[outer]!;
    for (let outer = axis + 1; outer < value.shape.length; outer++)
      position += index[outer + rank - 1]! * strides[outer]!;
    return position;
  });
}

/** Joins values along `axis`; undefined when their other dimensions differ. */
export function concat(values: readonly KnownValue[], axis: number): KnownValue | undefined {
  const first = values[0];
  if (!first) return undefined;
  const fits = values.every(
    ({ shape }) =>
      shape.length === first.shape.length && shape.every((size, at) => at === axis || size === first.shape[at]),
  );
  if (!fits) return undefined;
  const outer = elementCount(first.shape.slice(0, axis));
  const data: KnownValue['data'] = [];
  for (let block = 0; block < outer; block++) {
    for (const value of values) {
      const length = elementCount(value.shape.slice(axis));
      for (let at = 0; at < length; at++) data.push(value.data[block * length + at]!);
    }
  }
  const joined = values.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return { type: first.type, shape: first.shape.map((size, at) => (at === axis ? joined : size)), data };
}
