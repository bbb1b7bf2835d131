import { fromFloat16, toFloat16 } from '../../onnx/float16';

/** Half precision numbers times a common power of two: what scales and tables of few-bit weights are stored as. */
export interface HalfReals {
  /** float16 bit patterns. */
  bits: Uint16Array;
  /** A power of two: value = half * unit. */
  unit: number;
}

/** The common power of two under which the largest magnitude is near 2^14, so that the small ones keep their digits. */
function unitOf(values: Float32Array): number {
  const largest = values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
  if (!(largest > 0) || !Number.isFinite(largest)) return 1;
  return 2 ** Math.min(60, Math.max(-60, Math.floor(Math.log2(largest)) - 14));
}

/** The nearest numbers that can be stored; exact for what came out of `fromHalfReals`. */
export function toHalfReals(values: Float32Array): HalfReals {
  const unit = unitOf(values);
  return { bits: toFloat16(values.map((value) => value / unit)), unit };
}

export function fromHalfReals({ bits, unit }: HalfReals): Float32Array {
  return fromFloat16(bits).map((value) => value * unit);
}

/** The nearest float32 numbers that take two bytes each in the file. */
export function roundToHalfReals(values: Float32Array): Float32Array {
  return fromHalfReals(toHalfReals(values));
}
