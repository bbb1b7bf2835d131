import type { ModelCard } from '@shared/model-card';
import type { Dimension, ElementType, Graph, GraphValue } from './graph';
import { indexGraph, type GraphIndex } from './graph-index';
import { shapeText } from './image-input';
import type { TypedShape } from './shapes';

/** The value of a classifier that says how much each class is meant. */
export interface ScoreOutput {
  /** An output of the network, or what its ArgMax reads. */
  value: GraphValue;
  /** The name under which it was found: that of the output with the labels, where an ArgMax makes them. */
  declared: string;
  classes: number;
  /** Where there is one number for two classes. */
  score?: ModelCard['output']['score'];
}

type Shapes = ReadonlyMap<string, TypedShape>;

/** Operators that hand on the numbers as they are, or with another shape or type. */
export const handsOn: ReadonlySet<string> = new Set(['Cast', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);
const notScores: readonly ElementType[] = ['bool', 'int64', 'string', 'uint64'];

/**
 * The class scores of a network: the output that holds a number for each class (further dimensions of 1 allowed), or the scores that
 * an ArgMax at its end reads; or one probability for two classes, where a Sigmoid makes it. One number that no Sigmoid made may be
 * anything: it counts only where the card says so.
 * @param said what a card says: the name decides among several
 * @returns why there is none; more than one where the network leaves the choice
 */
export function scoreOutputs(
  graph: Graph,
  shapes: Shapes,
  said?: ModelCard['output'],
): ScoreOutput[] | { problem: string } {
  const index = indexGraph(graph);
  const [output, second] = graph.outputs;
  if (!output) return { problem: 'it has no output' };
  const named = said && (graph.outputs.find(({ name }) => name === said.name) ?? inner(said.name, index, shapes));
  if (said && named) {
    const scores = scoresOf(named, index, shapes, said.score);
    return scores ? [scores] : { problem: refusal(named, shapes) };
  }
  const found = new Map<string, ScoreOutput>();
  for (const one of graph.outputs) {
    const scores = scoresOf(one, index, shapes, said?.score);
    if (scores) found.set(scores.value.name, scores);
  }
  if (found.size > 0) return [...found.values()];
  return second
    ? { problem: `none of its ${graph.outputs.length} outputs holds one score per class` }
    : { problem: refusal(output, shapes) };
}

/** A value within the network. */
function inner(name: string, index: GraphIndex, shapes: Shapes): GraphValue | undefined {
  return index.producer(name) && { name, type: 'float32', shape: [], ...shapes.get(name) };
}

function scoresOf(
  output: GraphValue,
  index: GraphIndex,
  shapes: Shapes,
  score?: ModelCard['output']['score'],
): ScoreOutput | undefined {
  const label = producerBehind(output.name, index);
  const labelled = label?.op === 'ArgMax' ? inner(label.inputs[0] ?? '', index, shapes) : undefined;
  const { name, ...declared } = labelled ?? output;
  const { type, shape } = shapes.get(name) ?? declared;
  if (notScores.includes(type)) return undefined;
  const value: GraphValue = { name, type, shape: [...shape] };
  const classes = classesOf(shape);
  if (classes !== undefined) return { value, declared: output.name, classes };
  if (shape.length === 0 || shape.slice(1).some((dimension) => dimension !== 1)) return undefined;
  const single = score ?? (producerBehind(name, index)?.op === 'Sigmoid' ? 'probability' : undefined);
  return single && { value, declared: output.name, classes: 2, score: single };
}

/** Old exports end in a pooling and give `[N,classes,1,1]`. */
function classesOf(shape: readonly Dimension[]): number | undefined {
  if (shape.length < 2) return undefined;
  const wide = shape.slice(1).filter((dimension) => dimension !== 1);
  const [classes] = wide;
  return wide.length === 1 && typeof classes === 'number' && classes >= 2 ? classes : undefined;
}

/** The node that computes a value, behind those that hand it on. @param passed operators that do */
export function producerBehind(
  name: string,
  index: GraphIndex,
  passed: ReadonlySet<string> = handsOn,
): ReturnType<GraphIndex['producer']> {
  let node = index.producer(name);
  while (node && passed.has(node.op)) node = index.producer(node.inputs[0] ?? '');
  return node;
}

function refusal({ name, shape, type }: GraphValue, shapes: Shapes): string {
  const known = shapes.get(name) ?? { shape, type };
  const what = notScores.includes(known.type) ? `${known.type} ` : '';
  return `its output "${name}" is ${what}${shapeText(known.shape)}, not one score per class`;
}
