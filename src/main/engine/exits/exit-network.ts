import { AppError } from '@shared/errors';
import type { Graph } from '../onnx/graph';
import { indexGraph } from '../onnx/graph-index';
import { removeDead } from '../onnx/remove-dead';
import { inferShapes, type TypedShape } from '../onnx/shapes';
import { logitsOf } from '../training/logits';
import { fixedBatch, withBatch } from '../training/network-batch';
import { cutPoints, nearestPoint } from '../onnx/cut-points';
import { exitPlaces, type ExitPlace } from './exit-features';
import type { Answer } from './network-with-exits';

/** A network that may get exits. */
export interface ExitNetwork {
  /** As it came, without dead nodes: any number of images at a time. */
  whole: Graph;
  /** For one image. */
  single: Graph;
  places: ExitPlace[];
  /** The value of its scores before a softmax. */
  logits: string;
  classes: number;
  answer: Answer;
  /** Multiply-accumulates of an image. */
  macs: number;
}

/**
 * @param shares where exits are wanted, as shares of the multiply-accumulates before them
 * Throws `technique.not-applicable`.
 */
export function exitNetwork(graph: Graph, shares: readonly number[], id: string, model: string): ExitNetwork {
  const refuse = (detail: string): AppError => new AppError('technique.not-applicable', { id, model, detail });
  const batch = fixedBatch(graph);
  if (batch !== undefined && batch > 1)
    throw refuse(`it takes ${batch} images at once, and each has to leave by itself; export it for one or any number`);
  const whole = removeDead(graph);
  const single = withBatch(whole, 1);
  const shapes = inferShapes(single);
  const logits = logitsOf(single);
  const scores = sizesOf(shapes.get(logits));
  const shape = sizesOf(shapes.get(single.outputs[0]!.name));
  const classes = scores?.reduce((product, size) => product * size, 1);
  if (!shape || !classes || single.outputs[0]!.type !== 'float32')
    throw refuse('the shape of its scores is not known, or they are no float32 numbers');
  if (classes < 2) throw refuse('it gives one number an image, not a score for each class');
  const points = cutPoints(single);
  const candidates = exitPlaces(points, shapes);
  const chosen = shares.flatMap((share) => nearestPoint(candidates, share) ?? []);
  const places = [...new Set(chosen)].sort((a, b) => a.macs - b.macs) as ExitPlace[];
  if (places.length === 0)
    throw refuse('between its layers there is no place where an exit could read all that is known of an image');
  return {
    whole,
    single,
    places,
    logits,
    classes,
    answer: { softmax: softmaxOf(single, logits), shape },
    macs: points.at(-1)!.macs,
  };
}

function sizesOf(value: TypedShape | undefined): number[] | undefined {
  const sizes = value?.shape.filter((size) => typeof size === 'number');
  return sizes && sizes.length > 0 && sizes.length === value!.shape.length ? sizes : undefined;
}

/** What stands between the logits and the output; `logitsOf` looks behind these alone. */
function softmaxOf(graph: Graph, logits: string): Answer['softmax'] {
  if (graph.outputs[0]!.name === logits) return undefined;
  return indexGraph(graph)
    .consumers(logits)
    .some(({ op }) => op === 'LogSoftmax')
    ? 'LogSoftmax'
    : 'Softmax';
}
