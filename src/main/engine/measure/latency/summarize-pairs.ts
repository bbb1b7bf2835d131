import type { LatencyMetrics } from '@shared/metrics';
import { medianInterval } from '../statistics/median-interval';
import { median, medianAbsoluteDeviation, sortedPercentile } from '@shared/statistics/percentile';
import { otherProcessorShare } from './processor-time';
import type { SessionPairTimes } from './session-pair';

export type SummaryOfPairs = Omit<
  LatencyMetrics,
  'target' | 'runtime' | 'peakMemoryBytes' | 'coldStartMs' | 'firstInferenceMs' | 'mode'
>;

/**
 * The numbers of a measurement from its session pairs. A pair counts once in the ratio, with the median of its rounds: what two
 * sessions differ by for as long as they live (where their memory lies, which was opened first) shows between pairs only.
 */
export function summarizePairs(pairs: readonly SessionPairTimes[]): SummaryOfPairs {
  const times = concatenated(pairs.map(({ candidateMs }) => candidateMs)).sort();
  const roundRatios = concatenated(pairs.map((pair) => pair.roundRatios));
  const sessionRatios = pairs.map((pair) => median(pair.roundRatios));
  const p50Ms = sortedPercentile(times, 0.5);
  const p99Ms = sortedPercentile(times, 0.99);
  const otherCpuShare = otherProcessorShare(pairs.map(({ processorTime }) => processorTime));
  return {
    p50Ms,
    p90Ms: sortedPercentile(times, 0.9),
    p99Ms,
    madMs: medianAbsoluteDeviation(times),
    n: times.length,
    rounds: roundRatios.length,
    baselineP50Ms: median(concatenated(pairs.map(({ baselineMs }) => baselineMs))),
    ratio: median(sessionRatios),
    ratioInterval: medianInterval(sessionRatios).interval,
    sessionRatios,
    disturbance: {
      p99OverP50: p99Ms / p50Ms,
      roundSpread: medianAbsoluteDeviation(roundRatios) / median(roundRatios),
      ...(otherCpuShare === undefined ? {} : { otherCpuShare }),
    },
  };
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
