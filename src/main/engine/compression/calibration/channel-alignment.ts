/** `[channels, samples]`, row by row. */
export interface ChannelSamples {
  channels: number;
  samples: number;
  values: Float32Array;
}

/**
 * Which channel of `before` each channel of `after` is, when channels were taken out and the rest kept their order: the choice with the
 * least squared difference over all samples, by dynamic programming in O(before * after * samples).
 * @param after as many samples as `before` and no more channels
 */
export function alignChannels(before: ChannelSamples, after: ChannelSamples): Int32Array {
  const removed = before.channels - after.channels;
  if (removed === 0) return Int32Array.from({ length: after.channels }, (_, channel) => channel);
  // least[r]: the first channels of `after` matched, the last of them at its own index plus r. Taken, not skipped, is the last step.
  const width = removed + 1;
  const from = new Uint16Array(after.channels * width);
  let least = new Float64Array(width);
  for (let channel = 0; channel < after.channels; channel++) {
    const next = new Float64Array(width);
    let best = Infinity;
    let bestShift = 0;
    for (let shift = 0; shift < width; shift++) {
      if (least[shift]! < best) [best, bestShift] = [least[shift]!, shift];
      next[shift] = best + squaredDistance(before, channel + shift, after, channel);
      from[channel * width + shift] = bestShift;
    }
    least = next;
  }
  let shift = least.indexOf(Math.min(...least));
  const result = new Int32Array(after.channels);
  for (let channel = after.channels - 1; channel >= 0; channel--) {
    result[channel] = channel + shift;
    shift = from[channel * width + shift]!;
  }
  return result;
}

/** Squared difference of the aligned channels, relative to the square of those of `before`. */
export function relativeSquaredError(before: ChannelSamples, after: ChannelSamples, of: Int32Array): number {
  let difference = 0;
  let energy = 0;
  for (let channel = 0; channel < after.channels; channel++) {
    difference += squaredDistance(before, of[channel]!, after, channel);
    const start = of[channel]! * before.samples;
    for (let index = start; index < start + before.samples; index++) energy += before.values[index]! ** 2;
  }
  return energy > 0 ? difference / energy : difference > 0 ? Infinity : 0;
}

function squaredDistance(a: ChannelSamples, row: number, b: ChannelSamples, otherRow: number): number {
  let sum = 0;
  const [start, otherStart] = [row * a.samples, otherRow * b.samples];
  for (let index = 0; index < a.samples; index++) {
    const difference = a.values[start + index]! - b.values[otherStart + index]!;
    sum += difference * difference;
  }
  return sum;
}
