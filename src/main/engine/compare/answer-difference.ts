import type { AnswerPair } from '@shared/run-comparison';
import type { AccuracyMetrics } from '@shared/metrics';
import { accuracyMetrics, type Predictions } from '../measure/accuracy/accuracy';
import { independentDifferenceInterval } from '../measure/statistics/independent';

export interface Answered {
  metrics: Partial<AccuracyMetrics>;
  /** What it answered on each image, where that is kept. */
  predictions: Predictions | undefined;
}

/** How the images of two evaluations lie to each other. */
export interface SharedImages {
  /** Images that both answered. */
  both: number;
  smaller: number;
  /** Images that both answered and that do not have the same class in both. */
  relabelled: number;
}

export function sharedImages(own: Predictions, other: Predictions): SharedImages {
  const labels = new Map(other.hashes.map((hash, row) => [hash, other.labels[row]]));
  const rows = own.hashes.flatMap((hash, row) => (labels.has(hash) ? [[own.labels[row], labels.get(hash)]] : []));
  return {
    both: rows.length,
    smaller: Math.min(own.hashes.length, other.hashes.length),
    relabelled: rows.filter(([one, another]) => one !== another).length,
  };
}

/** Where fewer than half of the images are in both, pairing throws away more than it gains. */
const canPair = ({ both, smaller, relabelled }: SharedImages): boolean =>
  relabelled === 0 && both > 0 && 2 * both >= smaller;

/**
 * The difference of top-1, candidate minus reference: image by image where both answered the same ones, with the classes they have in
 * both; otherwise that of two independent samples. undefined without labels.
 */
export function answerDifference(candidate: Answered, reference: Answered): Omit<AnswerPair, 'runtime'> | undefined {
  const [own, other] = [candidate.metrics, reference.metrics];
  if (own.top1 === undefined || other.top1 === undefined || !own.top1Interval || !other.top1Interval) return undefined;
  const tops = { reference: other.top1, candidate: own.top1 };
  const { predictions } = candidate;
  if (predictions && reference.predictions && canPair(sharedImages(predictions, reference.predictions))) {
    const { top1Delta, top1DeltaInterval, mcnemarP, agreement } = accuracyMetrics(predictions, reference.predictions);
    if (top1Delta !== undefined && top1DeltaInterval) {
      const n = pairedCount(predictions, reference.predictions);
      return { ...tops, difference: top1Delta, interval: top1DeltaInterval, isPaired: true, n, mcnemarP, agreement };
    }
  }
  const interval = independentDifferenceInterval(
    { value: own.top1, interval: own.top1Interval },
    { value: other.top1, interval: other.top1Interval },
  );
  const n = Math.min(own.n ?? 0, other.n ?? 0);
  return { ...tops, difference: own.top1 - other.top1, interval, isPaired: false, n };
}

function pairedCount(own: Predictions, other: Predictions): number {
  const known = new Set(other.hashes);
  return own.hashes.filter((hash, row) => known.has(hash) && own.labels[row]! >= 0).length;
}
