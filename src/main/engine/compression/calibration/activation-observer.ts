import type { Range } from '../algebra/affine-quantization';
import { StreamingHistogram, type Histogram } from './streaming-histogram';

/** What one activation showed on the calibration images; plain data that can be stored. Channels are those of axis 1. */
export interface ValueObservation extends Range {
  /** Elements seen. */
  count: number;
  channelMin: number[];
  channelMax: number[];
  channelMean: number[];
  histogram: Histogram;
}

/** Beyond every finite number a network should give; pooling turns NaN into the lowest float32. */
const largestMagnitude = 3.4e38;

/** Gathers the observation of one value batch by batch, in memory that depends on its channels alone. */
export class ActivationObserver {
  private readonly histogram = new StreamingHistogram();
  private count = 0;
  private mins = new Float64Array();
  private maxs = new Float64Array();
  private sums = new Float64Array();

  /** @param shape `[N,C,...]`, or any other: then all is one channel. Returns whether every element is a finite number. */
  add(data: Float32Array, shape: readonly number[]): boolean {
    const [batch = 1, channels = 1] = shape.length >= 2 ? shape : [1, 1];
    if (this.count === 0) {
      this.mins = new Float64Array(channels).fill(Infinity);
      this.maxs = new Float64Array(channels).fill(-Infinity);
      this.sums = new Float64Array(channels);
    }
    const run = data.length / (batch * channels);
    let lowest = Infinity;
    let highest = -Infinity;
    let total = 0;
    for (let start = 0, channel = 0; start < data.length; start += run) {
      let min = Infinity;
      let max = -Infinity;
      let sum = 0;
      for (let index = start; index < start + run; index++) {
        const value = data[index]!;
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value;
      }
      if (min < this.mins[channel]!) this.mins[channel] = min;
      if (max > this.maxs[channel]!) this.maxs[channel] = max;
      this.sums[channel]! += sum;
      if (min < lowest) lowest = min;
      if (max > highest) highest = max;
      total += sum;
      if (++channel === channels) channel = 0;
    }
    // Comparisons pass NaN by; the sum does not.
    if (!Number.isFinite(total) || lowest < -largestMagnitude || highest > largestMagnitude) return false;
    this.histogram.add(data, lowest, highest);
    this.count += data.length;
    return true;
  }

  /**
   * Extremes found beside what was added: `sign` times each element is a value that occurred. Returns whether every element is a finite number.
   * @param shape `[N,C,...]`, of as many channels as what was added
   */
  widen(sign: 1 | -1, data: Float32Array, shape: readonly number[]): boolean {
    const [batch = 1, channels = 1] = shape.length >= 2 ? shape : [1, 1];
    const run = data.length / (batch * channels);
    for (let index = 0; index < data.length; index++) {
      // -0 would not survive being stored.
      const value = sign * data[index]! + 0;
      if (!(Math.abs(value) <= largestMagnitude)) return false;
      const channel = Math.floor(index / run) % channels;
      if (value < this.mins[channel]!) this.mins[channel] = value;
      if (value > this.maxs[channel]!) this.maxs[channel] = value;
    }
    return true;
  }

  result(): ValueObservation {
    const perChannel = this.count / this.mins.length;
    return {
      count: this.count,
      min: Math.min(...this.mins),
      max: Math.max(...this.maxs),
      channelMin: Array.from(this.mins),
      channelMax: Array.from(this.maxs),
      channelMean: Array.from(this.sums, (sum) => sum / perChannel),
      histogram: this.histogram.result(),
    };
  }
}
