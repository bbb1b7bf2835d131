/** float32 <-> float16 (IEEE 754 binary16) as bit patterns, element by element. */

const float32 = new Float32Array(1);
const bits32 = new Uint32Array(float32.buffer);

/**
 * The bits of the nearest float16; ties to even; beyond 65504 + 16 infinite; a NaN stays a (quiet) NaN with the top of
 * its payload.
 */
export function toFloat16Bits(value: number): number {
  float32[0] = value;
  const bits = bits32[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff);
  // 65520 and more round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // 2^-14, the smallest normal number.
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // 2^-25 is half of the smallest subnormal: it and less round to zero.
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** Exact: every float16 is a float32. */
export function fromFloat16Bits(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return (sign ? -1 : 1) * mantissa * 2 ** -24;
  bits32[0] = (sign | (exponent === 0x1f ? 0x7f800000 : (exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  return float32[0]!;
}

export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const result = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) result[index] = toFloat16Bits(values[index]!);
  return result;
}

export function fromFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) result[index] = fromFloat16Bits(bits[index]!);
  return result;
}
