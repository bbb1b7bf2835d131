import { TensorProto_DataType as Code } from 'onnx-buf';
import type { ElementType, TensorData } from './graph';

type ArrayConstructor = {
  new (length: number): TensorData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData;
  readonly BYTES_PER_ELEMENT: number;
};

interface Storage {
  /** TensorProto.DataType of the ONNX format. */
  code: Code;
  array: ArrayConstructor;
  /** Elements held by one array entry: 2 for the packed 4-bit types. */
  elementsPerEntry: number;
}

/** How each element type is stored. Strings have no numeric storage and are not read. */
const storages: Record<Exclude<ElementType, 'string' | 'other'>, Storage> = {
  float32: { code: Code.FLOAT, array: Float32Array, elementsPerEntry: 1 },
  float64: { code: Code.DOUBLE, array: Float64Array, elementsPerEntry: 1 },
  float16: { code: Code.FLOAT16, array: Uint16Array, elementsPerEntry: 1 },
  bfloat16: { code: Code.BFLOAT16, array: Uint16Array, elementsPerEntry: 1 },
  int8: { code: Code.INT8, array: Int8Array, elementsPerEntry: 1 },
  uint8: { code: Code.UINT8, array: Uint8Array, elementsPerEntry: 1 },
  int16: { code: Code.INT16, array: Int16Array, elementsPerEntry: 1 },
  uint16: { code: Code.UINT16, array: Uint16Array, elementsPerEntry: 1 },
  int32: { code: Code.INT32, array: Int32Array, elementsPerEntry: 1 },
  uint32: { code: Code.UINT32, array: Uint32Array, elementsPerEntry: 1 },
  int64: { code: Code.INT64, array: BigInt64Array, elementsPerEntry: 1 },
  uint64: { code: Code.UINT64, array: BigUint64Array, elementsPerEntry: 1 },
  bool: { code: Code.BOOL, array: Uint8Array, elementsPerEntry: 1 },
  int4: { code: Code.INT4, array: Uint8Array, elementsPerEntry: 2 },
  uint4: { code: Code.UINT4, array: Uint8Array, elementsPerEntry: 2 },
};

const typeByCode = new Map<number, ElementType>([
  [Code.STRING, 'string'],
  ...Object.entries(storages).map(([type, storage]): [number, ElementType] => [storage.code, type as ElementType]),
]);

/**
 * The element type of a TensorProto.DataType code, or undefined for one that Whittle does not read (complex, float8,
 * ...).
 */
export function elementTypeOf(code: number): ElementType | undefined {
  return typeByCode.get(code);
}

/** The TensorProto.DataType code of an element type, e.g. 1 for float32. */
export function codeOf(type: ElementType): Code {
  if (type === 'other') return Code.UNDEFINED;
  return type === 'string' ? Code.STRING : storages[type].code;
}

/** How tensors of `type` are stored, or undefined for strings and what is no tensor. */
export function storageOf(type: ElementType): Storage | undefined {
  return type === 'string' || type === 'other' ? undefined : storages[type];
}

/** Entries of the typed array that holds `count` elements of `type`: `count`, or half of it for the 4-bit types. */
export function entryCount(type: ElementType, count: number): number {
  return Math.ceil(count / (storageOf(type)?.elementsPerEntry ?? 1));
}

/** "FLOAT8E4M3FN": the name the ONNX format gives a code. */
export function codeName(code: number): string {
  return Code[code] ?? `number ${code}`;
}
