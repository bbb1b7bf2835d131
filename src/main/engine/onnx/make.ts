import type { Attribute, ElementType, GraphValue, Dimension, Node, Tensor, TensorData } from './graph';
import { elementCount } from './graph';
import { entryCount } from './element-type';

/**
 * Small constructors for nodes, attributes and tensors, so that graph surgery and tests read like the graph they make.
 * Tensors take the array as it is, without a copy, where it has the right type already.
 */

export function makeNode(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, Attribute> = {},
  name = outputs[0] ?? op,
  domain = '',
): Node {
  return { name, op, domain, inputs, outputs, attributes };
}

/** `attr.ints([1, 1])`, `attr.string('NOTSET')`, ... */
export const attr = {
  int: (value: number): Attribute => ({ type: 'int', value }),
  /** Rounded to float32, as the file holds it. */
  float: (value: number): Attribute => ({ type: 'float', value: Math.fround(value) }),
  string: (value: string): Attribute => ({ type: 'string', value }),
  tensor: (value: Tensor): Attribute => ({ type: 'tensor', value }),
  ints: (value: readonly number[]): Attribute => ({ type: 'ints', value: [...value] }),
  floats: (value: readonly number[]): Attribute => ({ type: 'floats', value: value.map(Math.fround) }),
  strings: (value: readonly string[]): Attribute => ({ type: 'strings', value: [...value] }),
};

export function makeValue(name: string, type: ElementType, shape: readonly Dimension[]): GraphValue {
  return { name, type, shape: [...shape] };
}

/** A tensor of any type. Throws a RangeError when `data` does not have as many entries as the shape asks for. */
export function makeTensor(type: ElementType, shape: readonly number[], data: TensorData): Tensor {
  const wanted = entryCount(type, elementCount(shape));
  if (data.length !== wanted) {
    throw new RangeError(`a ${type} tensor [${shape.join(',')}] has ${wanted} entries, not ${data.length}`);
  }
  return { type, shape: [...shape], data };
}

type Numbers = ArrayLike<number>;

/** Makes the constructor of tensors of one type; numbers are converted as the typed array does. */
const numeric =
  <A extends TensorData>(type: ElementType, isArray: (data: unknown) => data is A, convert: (data: Numbers) => A) =>
  (shape: readonly number[], data: Numbers): Tensor =>
    makeTensor(type, shape, isArray(data) ? data : convert(data));

export const float32Tensor = numeric(
  'float32',
  (data) => data instanceof Float32Array,
  (data) => Float32Array.from(data),
);
export const float64Tensor = numeric(
  'float64',
  (data) => data instanceof Float64Array,
  (data) => Float64Array.from(data),
);
export const int8Tensor = numeric(
  'int8',
  (data) => data instanceof Int8Array,
  (data) => Int8Array.from(data),
);
export const uint8Tensor = numeric(
  'uint8',
  (data) => data instanceof Uint8Array,
  (data) => Uint8Array.from(data),
);
export const int16Tensor = numeric(
  'int16',
  (data) => data instanceof Int16Array,
  (data) => Int16Array.from(data),
);
export const uint16Tensor = numeric(
  'uint16',
  (data) => data instanceof Uint16Array,
  (data) => Uint16Array.from(data),
);
export const int32Tensor = numeric(
  'int32',
  (data) => data instanceof Int32Array,
  (data) => Int32Array.from(data),
);
/** float16 values as bit patterns (see float16.ts). */
export const float16Tensor = numeric(
  'float16',
  (data) => data instanceof Uint16Array,
  (data) => Uint16Array.from(data),
);
/** Booleans as bytes, 0 or 1. */
export const boolTensor = numeric(
  'bool',
  (data) => data instanceof Uint8Array,
  (data) => Uint8Array.from(data),
);

/** An int64 tensor from numbers (safe integers) or bigints. */
export function int64Tensor(shape: readonly number[], data: ArrayLike<number | bigint>): Tensor {
  const values = data instanceof BigInt64Array ? data : BigInt64Array.from(Array.from(data), (value) => BigInt(value));
  return makeTensor('int64', shape, values);
}
