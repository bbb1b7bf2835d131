import type { TfliteType } from './model';

/** Bits of an element; undefined: elements have no size of their own. */
const bitsOf: Record<TfliteType, number | undefined> = {
  FLOAT32: 32,
  FLOAT16: 16,
  INT32: 32,
  UINT8: 8,
  INT64: 64,
  STRING: undefined,
  BOOL: 8,
  INT16: 16,
  COMPLEX64: 64,
  INT8: 8,
  FLOAT64: 64,
  COMPLEX128: 128,
  UINT64: 64,
  RESOURCE: undefined,
  VARIANT: undefined,
  UINT32: 32,
  UINT16: 16,
  INT4: 4,
  BFLOAT16: 16,
  INT2: 2,
  UINT4: 4,
  FLOAT8_E4M3FN: 8,
  FLOAT8_E5M2: 8,
};

export function isTfliteType(name: string | number): name is TfliteType {
  return Object.hasOwn(bitsOf, name);
}

/** Bits of an element of this type; undefined for strings and resources, which have no size of their own. */
export function elementBits(type: TfliteType): number | undefined {
  return bitsOf[type];
}
