import { AppError } from '@shared/errors';
import type { Dimension, Graph, GraphValue } from './graph';
import { inferShapes } from './shapes';

export interface Classifier {
  input: GraphValue;
  /** With its inferred shape, e.g. `[1, classes]`. */
  output: GraphValue;
  layout: 'NCHW' | 'NHWC';
  height: number;
  width: number;
  classes: number;
}

/**
 * Shapes of the inputs with a batch of 1 where the file leaves it open. A batch it fixes stays, because the graph may
 * rely on it.
 */
export function singleBatch(graph: Graph): Record<string, number[]> {
  const overrides: Record<string, number[]> = {};
  for (const { name, shape } of graph.inputs) {
    const numbers = shape.map((dimension, axis) => (axis === 0 && typeof dimension === 'string' ? 1 : dimension));
    if (numbers.length > 0 && numbers.every((dimension) => typeof dimension === 'number')) overrides[name] = numbers;
  }
  return overrides;
}

/**
 * The image input and the class scores of a classifier: one input `[N,3,H,W]` or `[N,H,W,3]` with fixed height and
 * width, one output `[N,classes]` (further dimensions of 1 allowed). Open dimensions of the output are inferred.
 * @param model its path or name, for the message. Throws `model.not-classifier`.
 */
export function classifierOf(graph: Graph, model = graph.name || 'The model'): Classifier {
  const refuse = (detail: string): AppError => new AppError('model.not-classifier', { path: model, detail });
  const [input, secondInput] = graph.inputs;
  if (!input) throw refuse('it has no input');
  if (secondInput) throw refuse(`it has ${graph.inputs.length} inputs`);
  const [output, secondOutput] = graph.outputs;
  if (!output) throw refuse('it has no output');
  if (secondOutput) throw refuse(`it has ${graph.outputs.length} outputs`);

  const image = imageOf(input.shape);
  if (!image) throw refuse(`its input "${input.name}" is ${shapeText(input.shape)}, not an RGB image`);
  const { layout, height, width } = image;
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw refuse(`its input "${input.name}" is ${shapeText(input.shape)}: height and width are not fixed`);
  }
  const shape = inferShapes(graph, singleBatch(graph)).get(output.name)?.shape ?? output.shape;
  const classes = classesOf(shape);
  if (classes === undefined)
    throw refuse(`its output "${output.name}" is ${shapeText(shape)}, not one score per class`);
  return { input, output: { ...output, shape }, layout, height, width, classes };
}

function imageOf(
  shape: readonly Dimension[],
): { layout: 'NCHW' | 'NHWC'; height: Dimension; width: Dimension } | undefined {
  if (shape.length !== 4) return undefined;
  const [, second, third, last] = shape as [Dimension, Dimension, Dimension, Dimension];
  if (second === 3) return { layout: 'NCHW', height: third, width: last };
  return last === 3 ? { layout: 'NHWC', height: second, width: third } : undefined;
}

/** Old exports end in a pooling and give `[N,classes,1,1]`. */
function classesOf(shape: readonly Dimension[]): number | undefined {
  if (shape.length < 2) return undefined;
  const wide = shape.slice(1).filter((dimension) => dimension !== 1);
  const [classes] = wide;
  return wide.length === 1 && typeof classes === 'number' && classes >= 2 ? classes : undefined;
}

export function shapeText(shape: readonly Dimension[]): string {
  return `[${shape.join(',')}]`;
}
