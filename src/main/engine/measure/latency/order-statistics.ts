import { keptTimes, type LatencyTimes } from '@shared/latency-times';
import type { SessionPairTimes } from './session-pair';

const microsecondsPerMillisecond = 1000;

/** The times behind the percentiles of a measurement, small enough to be kept with it. */
export function timesOfPairs(pairs: readonly SessionPairTimes[]): LatencyTimes {
  return {
    candidateUs: orderStatistics(pairs.map(({ candidateMs }) => candidateMs)),
    baselineUs: orderStatistics(pairs.map(({ baselineMs }) => baselineMs)),
  };
}

function orderStatistics(parts: readonly Float64Array[]): number[] {
  const sorted = Float64Array.from(parts.flatMap((part) => [...part])).sort();
  const count = Math.min(sorted.length, keptTimes);
  return Array.from({ length: count }, (_, at) => {
    const place = count === 1 ? 0 : Math.round((at * (sorted.length - 1)) / (count - 1));
    return Math.round(sorted[place]! * microsecondsPerMillisecond);
  });
}
