import type { RuntimeTensor } from '../runtime';

/** Of `ov_element_type_e` as it is since 2026.0 (earlier ones begin with one more). */
const codes = {
  bool: 1,
  float16: 3,
  float32: 4,
  float64: 5,
  int8: 7,
  int16: 8,
  int32: 9,
  int64: 10,
  uint8: 16,
  uint16: 17,
} as const satisfies Record<RuntimeTensor['type'], number>;

const types = new Map(Object.entries(codes).map(([type, code]) => [code, type as RuntimeTensor['type']]));

export const elementCode = (type: RuntimeTensor['type']): number => codes[type];
export const elementType = (code: number): RuntimeTensor['type'] | undefined =>
  types.get(code as (typeof codes)[keyof typeof codes]);
