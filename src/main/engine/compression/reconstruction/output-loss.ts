import { AppError } from '@shared/errors';
import { noImages } from '../calibration/calibration-run';
import type { Graph, Node } from '../../onnx/graph';
import type { TechniqueContext } from '../calibration/technique-context';
import { HeldActivations } from '../calibration/held-activations';
import type { Values } from '../calibration/held-values';

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
    private readonly held: HeldActivations,
    /** The images, and how far those of `held` have come. */
    private readonly rounds: readonly Values[][],
    private readonly id: string,
  ) {}

  /** Throws `technique.failed` without images. */
  static async of(graph: Graph, images: number, context: TechniqueContext, id: string): Promise<OutputLoss> {
    const held = new HeldActivations(graph, graph.nodes, context);
    const rounds: Values[][] = [];
    for await (const round of held.rounds(images)) rounds.push(round);
    if (rounds.length === 0) throw noImages(id);
    const { scores, classes } = await scoresOf(graph, undefined, held, rounds, id);
    return new OutputLoss(probabilities(scores, classes), classes, held, rounds, id);
  }

  /**
   * @param graph the network with changes, @param from its first node that is changed, as the network itself has it, so that what comes before
   * need not run again; nodes before it are as they were. From the input where absent.
   */
  async measure(graph: Graph, from?: Node): Promise<number> {
    const { scores } = await scoresOf(graph, from, this.held, this.rounds, this.id);
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
  from: Node | undefined,
  held: HeldActivations,
  rounds: readonly Values[][],
  id: string,
): Promise<{ scores: Float32Array; classes: number }> {
  const parts: Float32Array[] = [];
  let classes = 1;
  for (const round of rounds) {
    // With one round, what is held goes on to the next change.
    if (rounds.length > 1 || from === undefined || held.isPast(from)) held.begin([...round]);
    if (from) await held.moveTo(from);
    await held.run(held.restOf(graph), (results) => {
      const { data, shape } = results[graph.outputs[0]!.name]!;
      classes = data.length / (shape[0] ?? 1);
      parts.push(Float32Array.from(data as Float32Array));
    });
  }
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
