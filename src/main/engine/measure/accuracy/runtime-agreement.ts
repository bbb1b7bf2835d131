import type { RuntimeAgreement } from '@shared/metrics';
import type { Predictions } from './accuracy';

/**
 * How the answers of two runtimes for one network lie to each other, image by image: the share with the same first class in percent, and the
 * largest difference between scores of a class that is among the best five in both. The rest of the scores is not kept.
 * @param step difference of two neighbouring scores, where they come from codes; without, differences are also given as a share of the
 * largest absolute score of the reference
 */
export function runtimeAgreement(
  own: Predictions,
  reference: Predictions,
  step?: number,
): Omit<RuntimeAgreement, 'reference'> {
  const rows = new Map(reference.hashes.map((hash, row) => [hash, row]));
  let [n, agreeing, largest, largestScore] = [0, 0, 0, 0];
  own.hashes.forEach((hash, row) => {
    const other = rows.get(hash);
    if (other === undefined) return;
    const [classes, theirs] = [own.topK[row]!, reference.topK[other]!];
    n++;
    // A network without any number in its output gave no answer, so it agrees with nothing.
    if (classes[0] !== undefined && classes[0] === theirs[0]) agreeing++;
    classes.forEach((index, place) => {
      const score = reference.outputs?.[other]?.[theirs.indexOf(index)];
      const difference = Math.abs((own.outputs?.[row]?.[place] ?? NaN) - (score ?? NaN));
      if (!Number.isFinite(difference)) return;
      largest = Math.max(largest, difference);
      largestScore = Math.max(largestScore, Math.abs(score!));
    });
  });
  const agreement = n === 0 ? 0 : (100 * agreeing) / n;
  // Numbers beside codes of unknown scale, which have no probabilities, say nothing.
  if (!own.outputs || !reference.outputs || !own.scores !== !reference.scores) return { n, agreement };
  if (step !== undefined) return { n, agreement, largestDifference: largest, largestDifferenceSteps: largest / step };
  const largestRelativeDifference = largestScore === 0 ? 0 : largest / largestScore;
  return { n, agreement, largestDifference: largest, largestRelativeDifference };
}
