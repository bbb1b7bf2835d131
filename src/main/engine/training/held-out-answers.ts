import { runCalibration } from '../compression/calibration/calibration-run';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import type { Graph } from '../onnx/graph';
import { twoClassScores } from '../onnx/two-class-scores';

/** What a network says of images that it was not trained on. */
export interface HeldOutAnswers {
  /** The class of each image, -1 where a score is not a number. */
  classes: number[];
  /** The true ones, -1 where an image has none. */
  labels: number[];
}

export interface HeldOutAccuracy {
  images: number;
  /** Percent of the images that have the class which the float network gives them. */
  agreement: number;
  /** Percent of the images with labels; undefined where none has one. */
  top1: number | undefined;
}

/** Throws `technique.failed` without images, `cancelled`. */
export async function heldOutAnswers(
  graph: Graph,
  images: Pick<TrainingImages, 'count' | 'batches'>,
  context: Pick<TechniqueContext, 'card' | 'threads' | 'signal'>,
  id: string,
): Promise<HeldOutAnswers> {
  const answers: HeldOutAnswers = { classes: [], labels: [] };
  const { score } = context.card.output;
  const output = graph.outputs[0]!.name;
  const labelled = {
    count: images.count,
    async *batches(size: number) {
      for await (const batch of images.batches(size)) {
        answers.labels.push(...batch.labels);
        yield batch;
      }
    },
  };
  await runCalibration(graph, images.count, { ...context, calibration: labelled }, id, (results) => {
    const { data, shape } = results[output]!;
    const scores = score ? twoClassScores(data as Float32Array, score) : (data as Float32Array);
    const classes = scores.length / shape[0]!;
    for (let start = 0; start < scores.length; start += classes)
      answers.classes.push(largestAt(scores.subarray(start, start + classes)));
  });
  answers.labels.length = answers.classes.length;
  return answers;
}

export function heldOutAccuracy(found: HeldOutAnswers, float: HeldOutAnswers): HeldOutAccuracy {
  const { classes, labels } = found;
  const percent = (right: (at: number) => boolean, of: (at: number) => boolean): number | undefined => {
    const counted = classes.map((_, at) => at).filter(of);
    return counted.length > 0 ? (100 * counted.filter(right).length) / counted.length : undefined;
  };
  return {
    images: classes.length,
    agreement:
      percent(
        (at) => classes[at] === float.classes[at],
        () => true,
      ) ?? 0,
    top1: percent(
      (at) => classes[at] === labels[at],
      (at) => labels[at]! >= 0,
    ),
  };
}

function largestAt(scores: Float32Array): number {
  if (!scores.every(Number.isFinite)) return -1;
  return scores.indexOf(scores.reduce((most, score) => Math.max(most, score), -Infinity));
}
