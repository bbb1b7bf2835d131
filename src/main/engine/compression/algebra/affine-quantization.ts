import type { Tensor } from '../../onnx/graph';

/**
 * Integer arithmetic of the ONNX operators QuantizeLinear and DequantizeLinear: real = (integer - zeroPoint) * scale.
 * Scales are rounded to float32, because that is what the file stores.
 */

/** Between 2^52 and 2^53 float64 numbers are the integers, so a sum there is rounded as QuantizeLinear rounds. */
const amongIntegers = 1.5 * 2 ** 52;

/** Rounds to the nearest integer, halves to the even one, as QuantizeLinear does. */
export function roundHalfEven(value: number): number {
  if (value < 2 ** 51 && value > -(2 ** 51)) return value + amongIntegers - amongIntegers;
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The largest number below a half: with a half itself, what is just below one would be rounded up. */
const almostHalf = 0.5 - 2 ** -54;

/** The code from 0 to `top` that is nearest to so many steps, halves up, as Math.round does, which takes five times as long. */
export const nearestCode = (steps: number, top: number): number =>
  Math.min(top, Math.max(0, Math.floor(steps + almostHalf)));

export interface Range {
  min: number;
  max: number;
}
export interface AffineScale {
  scale: number;
  zeroPoint: number;
}

const uint8Levels = 255;
/** Keeps scales of dead channels and constant activations away from zero and from subnormal numbers. */
const smallestScale = 1e-30;

/** The largest float32 that is smaller than a positive float32. */
export function floatBelow(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer);
  bits[0]!--;
  return new Float32Array(bits.buffer)[0]!;
}

/**
 * Asymmetric codes from 0 to `levels`, uint8 by default, over a range, widened to hold zero exactly. The largest level never exceeds a
 * positive `max`, not even by float32 rounding: else ONNX Runtime could not drop a Clip (ReLU6) in front of the quantization.
 */
export function uint8Scale(range: Range, levels = uint8Levels): AffineScale {
  const min = Math.min(0, range.min);
  const max = Math.max(0, range.max);
  let scale = Math.fround((max - min) / levels);
  if (!(scale > smallestScale)) return { scale: 1, zeroPoint: 0 };
  if (min === 0) while (Math.fround(scale * levels) > Math.fround(max)) scale = floatBelow(scale);
  const zeroPoint = Math.min(levels, Math.max(0, roundHalfEven(-min / scale)));
  return { scale, zeroPoint };
}

/**
 * The range with one step more, where zero would lie halfway between two codes. Then so would every pixel of an image whose mean is between two grey levels, each as wrong
 * as can be, and runtimes that divide and runtimes that multiply by the reciprocal would round them to different sides.
 */
export function withoutHalfSteps(range: Range): Range {
  const [min, max] = [Math.min(0, range.min), Math.max(0, range.max)];
  const step = (max - min) / uint8Levels;
  const zero = -min / step;
  return Math.abs(zero - Math.floor(zero) - 0.5) < 1 / 64 ? { min: min - step, max } : range;
}

/** Codes around zero, int8 by default: so many steps for the larger magnitude of the range. */
export function symmetricInt8Scale({ min, max }: Range, steps = 127): AffineScale {
  const scale = Math.fround(Math.max(-min, max) / steps);
  return { scale: scale > smallestScale ? scale : 1, zeroPoint: 0 };
}

/** The codes that activations are given. */
export interface ActivationCodes {
  lowest: number;
  highest: number;
  scaleOf(range: Range): AffineScale;
  /** Codes of the same kind in so many bits, 2 to 8. */
  inBits(bits: number): ActivationCodes;
}

function asymmetricCodes(bits: number): ActivationCodes {
  const highest = 2 ** bits - 1;
  return { lowest: 0, highest, scaleOf: (range) => uint8Scale(range, highest), inBits: asymmetricCodes };
}

function symmetricCodes(bits: number): ActivationCodes {
  const highest = 2 ** (bits - 1) - 1;
  const scaleOf = (range: Range): AffineScale => symmetricInt8Scale(range, highest);
  return { lowest: -highest - 1, highest, scaleOf, inBits: symmetricCodes };
}

export const asymmetricActivations = asymmetricCodes(8);
export const symmetricActivations = symmetricCodes(8);

/** Elements of one channel lie `stride` apart in runs: channel = floor(index / stride) % channels. */
export function channelLayout(tensor: Tensor, axis: number | undefined): { channels: number; stride: number } {
  if (axis === undefined) return { channels: 1, stride: tensor.data.length };
  const stride = tensor.shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1);
  return { channels: tensor.shape[axis]!, stride };
}

/** Symmetric int8 scales, max|w| / 127, one per channel of `axis`, or a single one without an axis. 0 where all weights are zero. */
export function int8Scales(tensor: Tensor, axis?: number): Float32Array {
  const { channels, stride } = channelLayout(tensor, axis);
  const data = tensor.data as Float32Array;
  const largest = new Float32Array(channels);
  for (let start = 0, channel = 0; start < data.length; start += stride, channel = (channel + 1) % channels) {
    let peak = largest[channel]!;
    for (let index = start; index < start + stride; index++) peak = Math.max(peak, Math.abs(data[index]!));
    largest[channel] = peak;
  }
  return largest.map((peak) => peak / 127);
}

/** The int8 codes a weight may take: symmetric ones by default, so that zero lies in the middle. */
export interface CodeRange {
  lowest: number;
  highest: number;
  zeroPoint: number;
}
export const symmetricInt8: CodeRange = { lowest: -127, highest: 127, zeroPoint: 0 };

/** int8 weights; zero becomes the zero point. `scales` one per channel of `axis` or a single one, none of them 0. */
export function quantizeInt8(tensor: Tensor, scales: Float32Array, axis?: number, range = symmetricInt8): Int8Array {
  const { lowest, highest, zeroPoint } = range;
  const { channels, stride } = channelLayout(tensor, axis);
  const data = tensor.data as Float32Array;
  const result = new Int8Array(data.length);
  for (let start = 0, channel = 0; start < data.length; start += stride, channel = (channel + 1) % channels) {
    const scale = scales[channel]!;
    for (let index = start; index < start + stride; index++) {
      result[index] = Math.max(lowest, Math.min(highest, roundHalfEven(data[index]! / scale) + zeroPoint));
    }
  }
  return result;
}

/** Bias and accumulated products share an int32; this leaves the products half of it. */
const largestBias = 2 ** 30;
/** Steps of the bias of a channel whose weights are all zero. */
const deadChannelSteps = 2 ** 20;

/**
 * Weight scales under which the int32 bias, whose scale is inputScale * weightScale, does not overflow: a channel with tiny weights and a
 * large bias gets a larger scale, which costs it weight levels that do not matter beside that bias. A negative scale stays negative.
 */
export function scalesThatHoldBias(scales: Float32Array, inputScale: number, bias?: Float32Array): Float32Array {
  const biasAt = (channel: number): number => Math.abs(bias?.[channel] ?? 0);
  // One scale for all channels must hold the largest bias.
  const peakOf = (channel: number): number =>
    scales.length > 1 ? biasAt(channel) : (bias?.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0) ?? 0);
  return scales.map((scale, channel) => {
    const peak = peakOf(channel);
    const steps = scale === 0 ? deadChannelSteps : largestBias;
    const least = peak / (inputScale * steps);
    if (scale === 0 && peak === 0) return 1;
    return (scale < 0 ? -1 : 1) * Math.max(Math.abs(scale), least, smallestScale);
  });
}

/** The bias in units of inputScale * weightScale (a product of float32 numbers, as the runtime computes it). */
export function quantizeBias(bias: Float32Array, inputScale: number, weightScales: Float32Array): Int32Array {
  return Int32Array.from(bias, (value, channel) => {
    const scale = Math.fround(inputScale * weightScales[weightScales.length > 1 ? channel : 0]!);
    const steps = scale === 0 ? 0 : roundHalfEven(value / scale);
    return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, steps));
  });
}
