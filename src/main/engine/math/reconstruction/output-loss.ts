import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import type { TechniqueContext } from '../../techniques/technique';
import { runCalibration } from '../calibration/calibration-run';

/** Probabilities, row by row; scores that are none yet go through softmax. */
function probabilities(scores: Float32Array, classes: number): Float64Array {
  const result = Float64Array.from(scores);
  for (let start = 0; start < result.length; start += classes) {
    const row = result.subarray(start, start + classes);
    const sum = row.reduce((all, value) => all + value, 0);
    if (Math.abs(sum - 1) < 1e-3 && row.every((value) => value >= 0)) continue;
    const largest = row.reduce((most, value) => Math.max(most, value), -Infinity);
    let total = 0;
    for (let at = 0; at < classes; at++) total += row[at] = Math.exp(row[at]! - largest);
    for (let at = 0; at < classes; at++) row[at]! /= total;
  }
  return result;
}

/**
 * How far the answers of changed networks are from those of one network: mean Kullback-Leibler divergence over the first calibration
 * images, in nats.
 */
export class OutputLoss {
  private constructor(
    private readonly expected: Float64Array,
    private readonly classes: number,
    private readonly images: number,
    private readonly context: TechniqueContext,
    private readonly id: string,
  ) {}

  static async of(graph: Graph, images: number, context: TechniqueContext, id: string): Promise<OutputLoss> {
    const { scores, classes } = await scoresOf(graph, images, context, id);
    return new OutputLoss(probabilities(scores, classes), classes, images, context, id);
  }

  async measure(graph: Graph): Promise<number> {
    const { scores } = await scoresOf(graph, this.images, this.context, this.id);
    const actual = probabilities(scores, this.classes);
    let sum = 0;
    for (let index = 0; index < actual.length; index++) {
      const wanted = this.expected[index]!;
      if (wanted > 0) sum += wanted * Math.log(wanted / Math.max(actual[index]!, 1e-12));
    }
    return Math.max(0, sum) / (actual.length / this.classes);
  }
}

async function scoresOf(
  graph: Graph,
  images: number,
  context: TechniqueContext,
  id: string,
): Promise<{ scores: Float32Array; classes: number }> {
  const parts: Float32Array[] = [];
  let classes = 1;
  await runCalibration(graph, images, context, id, (results) => {
    const { data, shape } = results[graph.outputs[0]!.name]!;
    classes = data.length / (shape[0] ?? 1);
    parts.push(Float32Array.from(data as Float32Array));
  });
  const scores = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    scores.set(part, position);
    position += part.length;
  }
  if (!scores.every(Number.isFinite))
    throw new AppError('technique.failed', { id, detail: 'its answers on calibration images are not finite numbers' });
  return { scores, classes };
}
