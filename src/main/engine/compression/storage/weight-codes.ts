import type { Tensor } from '../../onnx/graph';
import {
  channelLayout,
  roundHalfEven,
  symmetricInt8,
  type CodeRange,
  type Range,
} from '../algebra/affine-quantization';
import { narrowestShares } from './few-bit-grid';
import { gridStepOf } from './weight-grid';

export interface WeightChoices {
  perChannel: boolean;
  /** Symmetric: zero is code 0. Asymmetric: one zero point a layer, the same for all its channels, as ONNX Runtime's kernels ask for. */
  scheme: 'symmetric' | 'asymmetric';
  range: 'min-max' | 'mse';
  /** Codes of 7 bits: no sum of two products with uint8 activations exceeds 16 bits. */
  reduceRange: boolean;
  /** With fewer than 8 codes are symmetric signed integers, of which there is one more below zero than above. */
  bits?: number;
}

export interface WeightCodes {
  /** One per channel or a single one; 0 where all weights are zero. */
  scales: Float32Array;
  codes: CodeRange;
}

/** Elements of each channel (all, without an axis), in order. */
function channelsOf(tensor: Tensor, axis: number | undefined): Float32Array[] {
  const { channels, stride } = channelLayout(tensor, axis);
  const data = tensor.data as Float32Array;
  const lists = Array.from({ length: channels }, () => new Float32Array(data.length / channels));
  if (stride === 1) {
    // A matrix by its columns.
    for (let start = 0, row = 0; start < data.length; start += channels, row++)
      for (let channel = 0; channel < channels; channel++) lists[channel]![row] = data[start + channel]!;
    return lists;
  }
  for (let start = 0, run = 0; start < data.length; start += stride, run++) {
    lists[run % channels]!.set(data.subarray(start, start + stride), Math.floor(run / channels) * stride);
  }
  return lists;
}

function extremes(values: Float32Array): Range {
  let [min, max] = [0, 0];
  for (const value of values) {
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}

/** The smallest scale at which the codes hold the range. */
const holdingScale = ({ min, max }: Range, { lowest, highest, zeroPoint }: CodeRange): number =>
  Math.max(max / (highest - zeroPoint), min / (lowest - zeroPoint));

/** The zero point that makes the sum of squared scales, and with it the rounding error, least. */
function sharedZeroPoint(ranges: readonly Range[], { lowest, highest }: CodeRange): number {
  let best = 0;
  let least = Infinity;
  for (let zeroPoint = lowest + 1; zeroPoint < highest; zeroPoint++) {
    let sum = 0;
    for (const range of ranges) sum += holdingScale(range, { lowest, highest, zeroPoint }) ** 2;
    if (sum < least || (sum === least && Math.abs(zeroPoint) < Math.abs(best))) [best, least] = [zeroPoint, sum];
  }
  return best;
}

const mseSteps = Array.from({ length: 25 }, (_, step) => 1 - step / 50);

/** Shares of the widest range that are tried for few codes: the fewer there are, the more of them the many small weights are worth. */
function fewBitSteps(bits: number): number[] {
  const narrowest = narrowestShares[bits]!;
  return Array.from({ length: 32 }, (_, step) => 1 - ((1 - narrowest) * step) / 31);
}

/** Sum of squares of what lies outside of a range. */
function errorOutside(values: readonly number[], min: number, max: number): number {
  let error = 0;
  for (const value of values) {
    const beyond = value > max ? value - max : value < min ? min - value : 0;
    error += beyond * beyond;
  }
  return error;
}

/** More than float64 sums of the same numbers in another order differ by, as a share. */
const orderError = 1e-9;

/**
 * The scale of least squared error, from the one that clips nothing down to `steps` of it. The error of what a scale clips is found first, from the few weights
 * that any of them clips: most scales are out by it.
 */
function leastErrorScale(
  values: Float32Array,
  widest: number,
  { lowest, highest, zeroPoint }: CodeRange,
  steps: readonly number[],
): number {
  const [low, high] = [lowest - zeroPoint, highest - zeroPoint];
  const narrowest = widest * Math.min(...steps);
  const outer: number[] = [];
  for (const value of values) if (value > high * narrowest || value < low * narrowest) outer.push(value);
  let best = widest;
  let least = Infinity;
  for (const fraction of steps) {
    const scale = widest * fraction;
    if (errorOutside(outer, low * scale, high * scale) > least * (1 + orderError)) continue;
    let error = 0;
    for (let index = 0; index < values.length && error < least; index++) {
      const value = values[index]!;
      const step = roundHalfEven(value / scale);
      const code = step < low ? low : step > high ? high : step;
      error += (value - code * scale) ** 2;
    }
    if (error < least) [best, least] = [scale, error];
  }
  return best;
}

const fewCodes = (bits: number): CodeRange => ({
  lowest: -(2 ** (bits - 1)),
  highest: 2 ** (bits - 1) - 1,
  zeroPoint: 0,
});

/**
 * Scales and codes for the weights of a layer. A channel whose weights lie on an even grid already (an earlier step gave them fewer bits)
 * keeps that grid, so that its codes hold them without another error.
 */
export function weightCodes(tensor: Tensor, axis: number, choices: WeightChoices): WeightCodes {
  const { perChannel, scheme, range, reduceRange, bits = 8 } = choices;
  const channels = channelsOf(tensor, perChannel ? axis : undefined);
  const ranges = channels.map(extremes);
  const symmetric =
    bits < 8 ? fewCodes(bits) : reduceRange ? { lowest: -63, highest: 63, zeroPoint: 0 } : symmetricInt8;
  const steps = bits < 8 ? fewBitSteps(bits) : mseSteps;
  // One weight alone is no grid; with code 1 it would leave the bias, which counts in steps of the weight, too coarse.
  const grid = channels.map((values) => (values.length > 1 ? gridStepOf(values, symmetric.highest) : undefined));
  if (scheme === 'symmetric' || bits < 8 || grid.every((step) => step !== undefined)) {
    const scales = channels.map((values, channel) => {
      const widest = holdingScale(ranges[channel]!, symmetric);
      return (
        grid[channel] ?? (range === 'mse' && widest > 0 ? leastErrorScale(values, widest, symmetric, steps) : widest)
      );
    });
    return { scales: Float32Array.from(scales), codes: symmetric };
  }
  const whole = reduceRange ? { lowest: -64, highest: 63 } : { lowest: -128, highest: 127 };
  const codes = { ...whole, zeroPoint: 0 };
  codes.zeroPoint = sharedZeroPoint(ranges, codes);
  const scales = channels.map((values, channel) => {
    const widest = holdingScale(ranges[channel]!, codes);
    return range === 'mse' && widest > 0 ? leastErrorScale(values, widest, codes, steps) : widest;
  });
  return { scales: Float32Array.from(scales), codes };
}
