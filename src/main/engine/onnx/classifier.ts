import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import type { Graph, GraphValue } from './graph';
import { imageInput, shapeWithSize, type ImageInput } from './image-input';
import { scoreOutputs, type ScoreOutput } from './score-output';
import { inferShapes } from './shapes';

export interface Classifier {
  input: GraphValue;
  /** The class scores with their inferred shape, e.g. `[1, classes]`. */
  output: GraphValue;
  /** The output that was looked at: another than `output` where an ArgMax makes labels of the scores. */
  declaredOutput: string;
  layout: ImageInput['layout'];
  channels: ImageInput['channels'];
  /** Absent where the network takes any size. */
  height?: number;
  width?: number;
  classes: number;
  score?: ScoreOutput['score'];
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
 * The image input and the class scores of a classifier: one input, an image; among the outputs, one that holds the scores. Open
 * dimensions of the output are inferred.
 * @param model its path or name, for the message
 * @param card what it says of the input and the output decides what the file leaves open
 * Throws `model.not-classifier` and `model.ambiguous-output`.
 */
export function classifierOf(
  graph: Graph,
  model = graph.origin ?? (graph.name || 'The model'),
  card?: Pick<ModelCard, 'input' | 'output'>,
): Classifier {
  const found = readClassifiers(graph, card);
  if ('problem' in found) throw new AppError('model.not-classifier', { path: model, detail: found.problem });
  const [first, ...others] = found;
  if (others.length === 0) return first!;
  const outputs = found.map(({ output }) => `"${output.name}"`).join(', ');
  throw new AppError('model.ambiguous-output', { path: model, outputs });
}

/** The classifiers that a network may be taken for: one for each value that may hold the class scores; none in other networks. */
export function classifierChoices(graph: Graph, card?: Pick<ModelCard, 'input' | 'output'>): Classifier[] {
  const found = readClassifiers(graph, card);
  return 'problem' in found ? [] : found;
}

function readClassifiers(graph: Graph, card?: Pick<ModelCard, 'input' | 'output'>): Classifier[] | { problem: string } {
  const input = imageInput(graph, card?.input);
  if ('problem' in input) return input;
  const sized = card ? withInputShape(graph, shapeWithSize(input, card.input)) : graph;
  const outputs = scoreOutputs(graph, inferShapes(sized, singleBatch(sized)), card?.output);
  if ('problem' in outputs) return outputs;
  const { value, ...image } = input;
  return outputs.map(({ value: output, declared, classes, score }) => ({
    ...image,
    input: value,
    output,
    declaredOutput: declared,
    classes,
    score,
  }));
}

function withInputShape(graph: Graph, shape: GraphValue['shape']): Graph {
  return { ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape })) };
}
