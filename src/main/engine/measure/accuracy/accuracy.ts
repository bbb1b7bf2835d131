import type { AccuracyMetrics, Interval } from '@shared/metrics';
import { mcNemarExactP, pairedDifferenceInterval, type PairedCounts } from '../statistics/paired';
import { wilsonInterval } from '../statistics/proportion';

/** What a network answered on the evaluation images; row i of every array is the same image. Plain data: it is stored as JSON. */
export interface Predictions {
  n: number;
  /** Size of the network's output. */
  classes: number;
  /** Best five classes of each image, best first; fewer where there are fewer numbers. */
  topK: number[][];
  /** Probability of each of them, 0..1; absent where scores are integers of unknown scale, and in results of earlier versions. */
  scores?: number[][];
  /** What the network gives for each of them, to seven digits; absent in results of earlier versions. */
  outputs?: number[][];
  /** Class of each image, or -1 where it is unknown. */
  labels: number[];
  /** sha256 of each image file: how two networks' answers are matched. */
  hashes: string[];
  /** Images that could not be read. */
  skipped: number;
  /** In which floating-point numbers the runtime computed, where it tells. */
  precision?: string;
}

/**
 * Accuracy in percent with 95 % intervals: Wilson's for top-1 and top-5, the paired one for the difference to the baseline,
 * on the images both answered. Without labels only the agreement with the baseline remains. `n` counts labelled images, or
 * all of them when none has a label. Top-5 is left out where five or fewer classes would make it always right.
 */
export function accuracyMetrics(predictions: Predictions, baseline?: Predictions): AccuracyMetrics {
  const labelled = predictions.labels.filter((label) => label >= 0).length;
  const metrics: AccuracyMetrics = { n: labelled > 0 ? labelled : predictions.n, skipped: predictions.skipped };
  if (labelled > 0) {
    const top1 = countRight(predictions, 1);
    metrics.top1 = percent(top1, labelled);
    metrics.top1Interval = percents(wilsonInterval(top1, labelled));
    if (predictions.classes > 5) {
      const top5 = countRight(predictions, 5);
      metrics.top5 = percent(top5, labelled);
      metrics.top5Interval = percents(wilsonInterval(top5, labelled));
    }
  }
  return baseline ? { ...metrics, ...comparison(predictions, baseline) } : metrics;
}

/** Labelled images that both answered, and those on which exactly one of the two is right; beside them, on how many of all they agree. */
export function pairedAnswers(
  predictions: Predictions,
  baseline: Predictions,
): { counts: PairedCounts; matched: number; agreeing: number } {
  const baselineRow = new Map(baseline.hashes.map((hash, row) => [hash, row]));
  let matched = 0;
  let agreeing = 0;
  const counts = { n: 0, gained: 0, lost: 0 };
  predictions.hashes.forEach((hash, row) => {
    const other = baselineRow.get(hash);
    if (other === undefined) return;
    const answer = predictions.topK[row]?.[0];
    const baselineAnswer = baseline.topK[other]?.[0];
    const label = predictions.labels[row] ?? -1;
    matched++;
    // A network without any number in its output gave no answer, so it agrees with nothing.
    if (answer !== undefined && answer === baselineAnswer) agreeing++;
    if (label < 0) return;
    counts.n++;
    if (answer === label && baselineAnswer !== label) counts.gained++;
    if (answer !== label && baselineAnswer === label) counts.lost++;
  });
  return { counts, matched, agreeing };
}

function comparison(predictions: Predictions, baseline: Predictions): Partial<AccuracyMetrics> {
  const { counts, matched, agreeing } = pairedAnswers(predictions, baseline);
  const result: Partial<AccuracyMetrics> = {};
  if (matched > 0) result.agreement = percent(agreeing, matched);
  if (counts.n > 0) {
    result.top1Delta = percent(counts.gained - counts.lost, counts.n);
    result.top1DeltaInterval = percents(pairedDifferenceInterval(counts));
    result.mcnemarP = mcNemarExactP(counts);
  }
  return result;
}

function countRight({ labels, topK }: Predictions, k: number): number {
  return labels.filter((label, row) => label >= 0 && topK[row]?.slice(0, k).includes(label)).length;
}

const percent = (count: number, of: number): number => (100 * count) / of;
const percents = ([low, high]: Interval): Interval => [100 * low, 100 * high];
