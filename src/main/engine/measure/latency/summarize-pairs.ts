import type { LatencyMetrics } from '@shared/metrics';
import { medianInterval } from '../statistics/median-interval';
import { mean } from '@shared/statistics/mean';
import { median, medianAbsoluteDeviation, sortedPercentile } from '@shared/statistics/percentile';
import { summarizeEnergy, type PairEnergy } from './energy';
import { otherProcessorShare } from './processor-time';
import type { SessionPairTimes } from './session-pair';

export interface MeasuredPair extends SessionPairTimes {
  /** Where a sensor was read. */
  energy?: PairEnergy;
}

export type SummaryOfPairs = Omit<
  LatencyMetrics,
  'target' | 'runtime' | 'peakMemoryBytes' | 'coldStartMs' | 'firstInferenceMs' | 'mode'
>;

/**
 * The numbers of a measurement from its session pairs. A pair counts once in the ratio, with the median of its rounds: what two
 * sessions differ by for as long as they live (where their memory lies, which was opened first) shows between pairs only.
 * @param isOverImages each pair ran images of its own, which take different times: the ratio of a pair is that of its means, and what others
 * disturbed is told by the baseline, which takes the same time for every image
 */
export function summarizePairs(pairs: readonly MeasuredPair[], isOverImages = false): SummaryOfPairs {
  const times = concatenated(pairs.map(({ candidateMs }) => candidateMs)).sort();
  const roundRatios = concatenated(pairs.map((pair) => pair.roundRatios));
  const baselineTimes = concatenated(pairs.map(({ baselineMs }) => baselineMs)).sort();
  const sessionRatios = pairs.map(({ candidateMs, baselineMs, roundRatios: rounds }) =>
    isOverImages ? mean(candidateMs) / mean(baselineMs) : median(rounds),
  );
  const [steady, rounds] = isOverImages ? [baselineTimes, baselineTimes] : [times, roundRatios];
  const p50Ms = sortedPercentile(times, 0.5);
  const p99Ms = sortedPercentile(times, 0.99);
  const otherCpuShare = otherProcessorShare(pairs.map(({ processorTime }) => processorTime));
  const energy = summarizeEnergy(pairs.map((pair) => pair.energy));
  return {
    p50Ms,
    p90Ms: sortedPercentile(times, 0.9),
    p99Ms,
    madMs: medianAbsoluteDeviation(times),
    n: times.length,
    rounds: roundRatios.length,
    baselineP50Ms: sortedPercentile(baselineTimes, 0.5),
    ratio: median(sessionRatios),
    ratioInterval: medianInterval(sessionRatios).interval,
    sessionRatios,
    disturbance: {
      p99OverP50: sortedPercentile(steady, 0.99) / sortedPercentile(steady, 0.5),
      roundSpread: medianAbsoluteDeviation(rounds) / median(rounds),
      ...(otherCpuShare === undefined ? {} : { otherCpuShare }),
    },
    ...(energy && { energy }),
  };
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
