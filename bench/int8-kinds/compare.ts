import type { ModelCard } from '../../src/shared/model-card';
import { trainingPictures } from '../../scripts/starter/training-pictures';
import type { Pool } from '../../scripts/starter/pool';
import type { Graph } from '../../src/main/engine/onnx/graph';
import { encodeModel } from '../../src/main/engine/onnx/save';
import { pairedDifferenceInterval } from '../../src/main/engine/measure/statistics/paired';
import { ort } from '../../src/main/engine/runtimes/ort';

const batch = 50;

/** Scores `[image, class]` of a network and whether the best one is right, on all pictures of a pool as evaluation crops them. */
export interface Answers {
  scores: number[][];
  isRight: boolean[];
}

const best = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));

export async function answersOf(graph: Graph, card: ModelCard, pool: Pool): Promise<Answers> {
  const session = await ort.open(encodeModel(graph), { threads: 1 });
  const answers: Answers = { scores: [], isRight: [] };
  try {
    for await (const { data, shape, labels } of trainingPictures(card, pool).batches(batch)) {
      const results = await session.run({ [card.input.name]: { type: 'float32', shape, data } });
      const all = Array.from(results[card.output.name]!.data as Float32Array);
      for (const [at, label] of labels.entries()) {
        const scores = all.slice(at * card.output.classes, (at + 1) * card.output.classes);
        answers.scores.push(scores);
        answers.isRight.push(best(scores) === label);
      }
    }
  } finally {
    await session.close();
  }
  return answers;
}

/** Percent of the pictures whose best class is right. */
export const accuracyOf = ({ isRight }: Answers): number => (100 * isRight.filter(Boolean).length) / isRight.length;

/** Percentage points that a candidate gains, with their paired 95 % interval, such as "−0.4 [−1.3, +0.5]". */
export function pairedDifference(baseline: Answers, candidate: Answers): string {
  const n = baseline.isRight.length;
  const gained = candidate.isRight.filter((isRight, at) => isRight && !baseline.isRight[at]).length;
  const lost = baseline.isRight.filter((isRight, at) => isRight && !candidate.isRight[at]).length;
  const signed = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;
  const [low, high] = pairedDifferenceInterval({ n, gained, lost });
  return `${signed((gained - lost) / n)} [${signed(low)}, ${signed(high)}]`;
}

/** Percent of the pictures with the same best class. */
export const agreementOf = (a: Answers, b: Answers): number =>
  (100 * a.scores.filter((scores, at) => best(scores) === best(b.scores[at]!)).length) / a.scores.length;

/** Squared difference of the scores over their variance, percent: it shows what too few pictures change their class for. */
export function scoreError(reference: Answers, candidate: Answers): number {
  let [error, variance] = [0, 0];
  for (const [at, scores] of reference.scores.entries()) {
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    for (const [index, score] of scores.entries()) {
      error += (candidate.scores[at]![index]! - score) ** 2;
      variance += (score - mean) ** 2;
    }
  }
  return (100 * error) / variance;
}
