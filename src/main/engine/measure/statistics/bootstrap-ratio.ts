import type { Interval } from '@shared/metrics';
import { createRandom } from '../../compression/algebra/random';
import { sortedPercentile } from './percentile';

const resamples = 4000;

export interface RatioEstimate {
  ratio: number;
  interval: Interval;
}

/**
 * How the candidate's time relates to the baseline's, from one ratio per round: their median, with a 95 % percentile
 * bootstrap interval (Efron and Tibshirani 1993, chapter 13) that resamples whole rounds. Rounds, not single inferences, are
 * the unit because times inside a round share the machine's state of that moment and are not independent (Kalibera and Jones
 * 2013, "Rigorous benchmarking in reasonable time"). The median, not the mean: a round that another process disturbed must
 * not move the result, and the median of ratios is the inverse of the median of inverse ratios.
 */
export function bootstrapRatio(roundRatios: readonly number[], seed: number | string): RatioEstimate {
  const sorted = Float64Array.from(roundRatios).sort();
  const count = sorted.length;
  const ratio = sortedPercentile(sorted, 0.5);
  if (count === 0) return { ratio, interval: [NaN, NaN] };
  const random = createRandom(seed);
  const medians = new Float64Array(resamples);
  const drawn = new Uint32Array(count);
  for (let index = 0; index < resamples; index++) {
    for (let draw = 0; draw < count; draw++) drawn[draw] = Math.floor(random() * count);
    // The values are in ascending order, so sorting the drawn positions sorts the sample.
    drawn.sort();
    medians[index] = medianAt(sorted, drawn);
  }
  medians.sort();
  return { ratio, interval: [sortedPercentile(medians, 0.025), sortedPercentile(medians, 0.975)] };
}

function medianAt(sorted: Float64Array, positions: Uint32Array): number {
  const low = sorted[positions[(positions.length - 1) >> 1]!]!;
  const high = sorted[positions[positions.length >> 1]!]!;
  return (low + high) / 2;
}
