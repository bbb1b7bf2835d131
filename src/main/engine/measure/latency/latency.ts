import type { LatencyTimes } from '@shared/latency-times';
import type { LatencyMode } from '@shared/sweep-file';
import { mean } from '@shared/statistics/mean';
import { deriveSeed } from '../../compression/algebra/random';
import { throwIfCancelled } from '../cancellation';
import { measureColdStart, type ColdStart } from './cold-start';
import type { SessionPairOrder } from './session-pair';
import { timesOfPairs } from './order-statistics';
import { summarizePairs, type MeasuredPair, type SummaryOfPairs } from './summarize-pairs';
import type { TimedModelOptions } from './timed-model';

export interface LatencyOptions extends TimedModelOptions {
  candidatePath: string;
  mode: LatencyMode;
  /** The time depends on the image: each pair runs images of its own. */
  isOverImages?: boolean;
  /** Opens candidate and baseline once more and runs them: `runSessionPair`, in a process of its own. */
  sessionPair(order: SessionPairOrder, pair: number): Promise<MeasuredPair>;
  progress(stage: string, done: number, total: number): void;
  signal: AbortSignal;
}

export interface MeasuredLatency extends SummaryOfPairs, ColdStart {
  mode: LatencyMode;
  times: LatencyTimes;
}

/**
 * Ten pairs: the interval from the second lowest ratio to the second highest holds the median with 97.9 %, and one wild pair on either
 * side does not widen it. Brief takes the fewest that make an interval of 95 %, from the lowest to the highest of six. Rigorous takes as many as its first pairs say are needed to know the ratio to within 1 %, up to its limit.
 */
const modes = {
  brief: { pairs: 6, maximumPairs: 6 },
  quick: { pairs: 10, maximumPairs: 10 },
  rigorous: { pairs: 20, maximumPairs: 60 },
} as const;
const wantedHalfWidth = 0.01;
/** Of each pair: few, since a process costs about as much as all of them, and more of them tell nothing of what differs between processes. */
const roundsPerPair = 4;

/**
 * Latency of the candidate, and its ratio to the baseline measured side by side. Both are opened several times, a pair of sessions in
 * each process: rounds are repeated within a pair, pairs within the measurement, and the interval is taken over pairs, the highest
 * level at which the two differ by chance (Kalibera and Jones 2013, "Rigorous benchmarking in reasonable time", ISMM). Each
 * side is opened first, and runs first, in half of the pairs.
 *
 * Throws `cancelled`, `model.runtime-rejected`, `model.runtime-failed`, `model.differs`, `model.not-classifier`.
 */
export async function measureLatency(options: LatencyOptions): Promise<MeasuredLatency> {
  const { candidatePath, mode, sessionPair, signal, progress, isOverImages = false, ...model } = options;
  progress('cold start', 0, 1);
  const coldStart = await measureColdStart(candidatePath, model, signal);
  const pairs: MeasuredPair[] = [];
  const measure = async (wanted: number): Promise<SummaryOfPairs> => {
    while (pairs.length < wanted) {
      throwIfCancelled(signal);
      progress('latency', pairs.length, wanted);
      pairs.push(await sessionPair(orderOfPair(pairs.length), pairs.length));
    }
    progress('latency', pairs.length, wanted);
    return summarizePairs(pairs, isOverImages);
  };
  const first = await measure(modes[mode].pairs);
  const needed = pairsNeeded(first, mode);
  const summary = needed > pairs.length ? await measure(needed) : first;
  const meanMs = mean(pairs.flatMap(({ candidateMs }) => [...candidateMs]));
  return { ...summary, ...coldStart, ...(isOverImages && { meanMs }), mode, times: timesOfPairs(pairs) };
}

/**
 * Pairs in all, decided once from how wide the interval of the first ones is (two stages, Stein 1945): to look again and again and stop at the
 * first narrow interval would favour those that are narrow by chance. A multiple of four keeps the orders balanced.
 */
function pairsNeeded({ ratio, ratioInterval: [low, high] }: SummaryOfPairs, mode: LatencyMode): number {
  const { pairs, maximumPairs } = modes[mode];
  const share = (high - low) / 2 / (wantedHalfWidth * ratio);
  const needed = 4 * Math.ceil((pairs * share ** 2) / 4);
  return Math.min(maximumPairs, Math.max(pairs, Number.isFinite(needed) ? needed : pairs));
}

/** Input of the networks, the same in every session of a measurement. */
export const latencyInputSeed = (seed: number): number => deriveSeed(seed, 'latency input');

/** Over four pairs every combination once; over any even number each side first in half of them, of both kinds. */
function orderOfPair(index: number): SessionPairOrder {
  return {
    opensFirst: index % 2 === 0 ? 'candidate' : 'baseline',
    outerFirst: ((index + 1) >> 1) % 2 === 0 ? 'candidate' : 'baseline',
    rounds: roundsPerPair,
  };
}
