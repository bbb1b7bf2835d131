import { asymmetricActivations, roundHalfEven, type ActivationCodes, type Range } from '../algebra/affine-quantization';
import type { ValueObservation } from './activation-observer';
import type { Histogram } from './streaming-histogram';

/**
 * How the range of an activation follows from its observation. All of these answer from the stored histogram; the bin that begins at zero
 * stands for zero itself, because most of what it holds after a ReLU is exactly that.
 */
export const rangeMethods = ['min-max', 'percentile', 'entropy', 'mse'] as const;
export type RangeMethod = (typeof rangeMethods)[number];

/** Of 8 bits. */
const most = 256;

const clip = (value: number, { min, max }: Range): number => Math.max(min, Math.min(max, value));

/** The value below which `count` elements lie, counted from the low end; even inside a bin. */
function quantile({ counts, firstBin, binWidth }: Histogram, count: number): number {
  let below = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const inside = counts[bin]!;
    if (below + inside >= count && inside > 0) return (firstBin + bin + (count - below) / inside) * binWidth;
    below += inside;
  }
  return (firstBin + counts.length) * binWidth;
}

/** Leaves out (100 - percent) / 2 percent of the elements at either end. */
export function percentileRange(observation: ValueObservation, percent: number): Range {
  const { histogram, count } = observation;
  const cut = (count * (100 - percent)) / 200;
  if (cut === 0) return { min: observation.min, max: observation.max };
  return {
    min: clip(quantile(histogram, cut), observation),
    max: clip(quantile(histogram, count - cut), observation),
  };
}

/**
 * Kullback-Leibler divergence of a clipped histogram from its quantized self (S. Migacz, "8-bit inference with TensorRT", 2017): outliers join the edge bins of the
 * reference, the counts of a level spread over its non-empty bins.
 */
export function klDivergence(counts: ArrayLike<number>, start: number, end: number, levels = most): number {
  const reference = Array.prototype.slice.call(counts, start, end) as number[];
  const total = (from: number, to: number): number => {
    let sum = 0;
    for (let bin = from; bin < to; bin++) sum += counts[bin]!;
    return sum;
  };
  const inside = total(start, end);
  if (inside === 0) return Infinity;
  reference[0]! += total(0, start);
  reference[reference.length - 1]! += total(end, counts.length);
  const all = total(0, counts.length);
  const used = Math.min(levels, reference.length);
  let divergence = 0;
  for (let level = 0; level < used; level++) {
    const from = Math.floor((level * reference.length) / used);
    const to = Math.floor(((level + 1) * reference.length) / used);
    let filled = 0;
    for (let bin = from; bin < to; bin++) if (reference[bin]! > 0) filled++;
    if (filled === 0) continue;
    const spread = Math.max(total(start + from, start + to) / inside / filled, 1e-9);
    for (let bin = from; bin < to; bin++) {
      const share = reference[bin]! / all;
      if (share > 0) divergence += share * Math.log(share / spread);
    }
  }
  return divergence;
}

/** Thresholds tried, as bins from zero, are this far apart. */
const thresholdStep = 8;

/** The magnitude to clip at which loses least information in the levels that the codes have within the range. */
function entropyRange(observation: ValueObservation, codes: ActivationCodes): Range {
  const { firstBin, binWidth } = observation.histogram;
  // Zero is exact under every range and would hide the rest.
  const counts = Float64Array.from(observation.histogram.counts, (count, bin) => (firstBin + bin === 0 ? 0 : count));
  const lastBin = firstBin + counts.length - 1;
  const farthest = Math.max(-firstBin, lastBin + 1);
  const range = { min: Math.min(0, firstBin), max: Math.max(0, lastBin + 1) };
  const levels = Math.round((range.max - range.min) / codes.scaleOf(range).scale) + 1;
  let best = farthest;
  let least = Infinity;
  for (let threshold = farthest; threshold >= Math.min(farthest, most / 2); threshold -= thresholdStep) {
    const start = Math.max(firstBin, -threshold) - firstBin;
    const end = Math.min(lastBin + 1, threshold) - firstBin;
    if (end - start < 2) break;
    const divergence = klDivergence(counts, start, end, levels);
    if (divergence < least) [best, least] = [threshold, divergence];
  }
  return { min: clip(-best * binWidth, observation), max: clip(best * binWidth, observation) };
}

/** Sum of squared errors of the histogram under quantization over a range. */
export function squaredError(
  { counts, firstBin, binWidth }: Histogram,
  range: Range,
  { lowest, highest, scaleOf }: ActivationCodes = asymmetricActivations,
): number {
  const { scale, zeroPoint } = scaleOf(range);
  let error = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    const value = firstBin + bin === 0 ? 0 : (firstBin + bin + 0.5) * binWidth;
    const level = Math.max(lowest - zeroPoint, Math.min(highest - zeroPoint, roundHalfEven(value / scale)));
    error += count * (value - level * scale) ** 2;
  }
  return error;
}

const fractions = Array.from({ length: 91 }, (_, step) => 1 - step / 100);

/** The range of least squared error: both ends moved together first, then each by itself. */
function mseRange({ histogram, ...observed }: ValueObservation, codes: ActivationCodes): Range {
  let best: Range = { min: Math.min(0, observed.min), max: Math.max(0, observed.max) };
  let least = squaredError(histogram, best, codes);
  const search = (rangeAt: (fraction: number) => Range): void => {
    for (const range of fractions.map(rangeAt)) {
      const error = squaredError(histogram, range, codes);
      if (error < least) [best, least] = [range, error];
    }
  };
  const whole = best;
  search((fraction) => ({ min: whole.min * fraction, max: whole.max * fraction }));
  if (whole.min < 0 && whole.max > 0) {
    const joint = best;
    search((fraction) => ({ min: joint.min, max: whole.max * fraction }));
    const upper = best;
    search((fraction) => ({ min: whole.min * fraction, max: upper.max }));
  }
  return best;
}

/** @param percent used by `percentile` alone */
export function activationRange(
  observation: ValueObservation,
  method: RangeMethod,
  percent: number,
  codes = asymmetricActivations,
): Range {
  switch (method) {
    case 'min-max':
      return { min: observation.min, max: observation.max };
    case 'percentile':
      return percentileRange(observation, percent);
    case 'entropy':
      return entropyRange(observation, codes);
    case 'mse':
      return mseRange(observation, codes);
  }
}
