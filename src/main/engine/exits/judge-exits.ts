import { headScores, type ExitHead } from './exit-head';
import type { JudgedExit } from './choose-thresholds';
import type { SeenImages } from './seen-images';

/** What exits say of images that their heads were not trained on. @param macs of an image that leaves, by exit */
export function judgeExits(seen: SeenImages, heads: readonly ExitHead[], macs: readonly number[]): JudgedExit[] {
  const classes = seen.scores.length / seen.count;
  const rowOf = (scores: Float32Array, image: number): Float32Array =>
    scores.subarray(image * classes, (image + 1) * classes);
  const wanted = Array.from({ length: seen.count }, (_, image) => likeliest(rowOf(seen.scores, image)));
  return heads.map((head, exit): JudgedExit => {
    const scores = headScores(head, seen.features[exit]!);
    return {
      confidence: wanted.map((_, image) => confidenceOf(rowOf(scores, image))),
      agrees: wanted.map((answer, image) => likeliest(rowOf(scores, image)) === answer),
      macs: macs[exit]!,
    };
  });
}

/** Of equal scores the first. */
const likeliest = (scores: Float32Array): number =>
  scores.reduce((best, score, at) => (score > scores[best]! ? at : best), 0);

/** The greatest probability of a softmax. */
function confidenceOf(scores: Float32Array): number {
  const most = scores[likeliest(scores)]!;
  return 1 / scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
}
