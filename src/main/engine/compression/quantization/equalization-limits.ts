import type { ChannelMoments } from '../calibration/channel-moments';
import type { FactorLimits } from './equalization';

/** Standard deviations below the mean that an activation hardly ever falls: 0.1 % of a normal distribution. */
const deviations = 3;

/**
 * How far the channels of a pair may be rescaled without harm to activations, which the published method leaves to luck:
 * - no channel grows beyond the range that the layer has anyway (its `cap`, or its largest channel);
 * - no bias of a dead channel, whose tiny weights ask for huge factors, grows beyond the largest: one scale must hold them all;
 * - with `keepsCap`, a channel that reaches the cap keeps its scale, so that the cap cuts where it did.
 * @param peaks largest value of each channel before the activation, over the calibration images
 */
export function factorLimits(
  peaks: Float64Array,
  bias: Float32Array | undefined,
  cap: number | undefined,
  keepsCap: boolean,
): FactorLimits {
  const range = cap ?? peaks.reduce((largest, peak) => Math.max(largest, peak), 0);
  const largestBias = bias?.reduce((largest, value) => Math.max(largest, Math.abs(value)), range) ?? range;
  const isFixed = (peak: number): boolean => keepsCap && cap !== undefined && peak > cap;
  const share = (value: number, of: number): number => (of > 0 ? Math.min(1, Math.max(0, value / of)) : 1);
  return {
    least: peaks.map((peak, channel) =>
      isFixed(peak) ? 1 : Math.max(share(peak, range), share(Math.abs(bias?.[channel] ?? 0), largestBias)),
    ),
    most: peaks.map((peak) => (isFixed(peak) ? 1 : Infinity)),
  };
}

/**
 * What can be taken from each scaled channel with its Relu hardly cutting off more than before: max(0, mean - 3 deviations) / s. The
 * paper takes both moments from the batch norm; here they are measured, because that is folded already.
 * @param cap of an activation that stays: a channel that reaches it cannot be shifted
 */
export function absorbableShift(
  { mean, deviation, max }: ChannelMoments,
  factors: Float64Array,
  cap = Infinity,
): Float64Array {
  return mean.map((value, channel) =>
    max[channel]! > cap ? 0 : Math.max(0, value - deviations * deviation[channel]!) / factors[channel]!,
  );
}
