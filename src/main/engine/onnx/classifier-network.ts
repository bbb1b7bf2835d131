import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { FreshNames } from './fresh-names';
import { copyGraph, type Graph } from './graph';
import { imageInput, shapeWithSize } from './image-input';
import { attr, makeNode } from './make';
import { loadModel } from './load';
import { removeDead } from './remove-dead';
import { inferShapes } from './shapes';

/** TensorProto.DataType of the ONNX format, as Cast takes it. */
const [float32Code, float16Code] = [1, 10];

/**
 * A network as techniques take it, one image in and one set of class scores out: other outputs are dropped, labels give way to the scores
 * behind them, open sizes become the card's, and halves are fed and given as float32. The graph itself where it is all of that already.
 * Throws `model.differs` where no value has the name that the card gives.
 */
export function classifierNetwork(
  graph: Graph,
  card: Pick<ModelCard, 'name' | 'input' | 'output'>,
  path: string,
): Graph {
  const input = imageInput(graph, card.input);
  if ('problem' in input) return graph;
  const wanted = graph.outputs.some(({ name }) => name === card.output.name);
  const shape = shapeWithSize(input, card.input);
  const isOpen = shape.some((dimension, axis) => dimension !== input.value.shape[axis]);
  const hasHalves = [...graph.inputs, ...graph.outputs].some(({ type }) => type === 'float16');
  if (graph.outputs.length === 1 && wanted && !isOpen && !hasHalves) return graph;

  const result = copyGraph(graph);
  result.inputs[0]!.shape = shape;
  result.outputs = [scoresOf(result, card, path)];
  if (result.inputs[0]!.type === 'float16') feedFloats(result);
  if (result.outputs[0]!.type === 'float16') giveFloats(result);
  return removeDead(result);
}

/** Reads a model file as `classifierNetwork`. Throws what it and `loadModel` throw. */
export async function loadClassifier(path: string, card: ModelCard): Promise<Graph> {
  return classifierNetwork(await loadModel(path), card, path);
}

/** The network with a value within it as its only output; undefined where it has none of that name. */
export function scoresOnly(graph: Graph, name: string): Graph | undefined {
  if (!graph.nodes.some((node) => node.outputs.includes(name))) return undefined;
  const { type, shape } = inferShapes(graph).get(name) ?? { type: 'float32', shape: [] };
  return removeDead({ ...graph, outputs: [{ name, type, shape: [...shape] }] });
}

function scoresOf(graph: Graph, card: Pick<ModelCard, 'name' | 'output'>, path: string): Graph['outputs'][number] {
  const { name } = card.output;
  const output = graph.outputs.find((value) => value.name === name);
  if (output) return output;
  const [inner] = scoresOnly(graph, name)?.outputs ?? [];
  if (inner) return inner;
  if (graph.outputs.length === 1) return graph.outputs[0]!;
  const names = graph.outputs.map((value) => `"${value.name}"`).join(', ');
  throw new AppError('model.differs', {
    path,
    model: card.name,
    detail: `the card says the output is "${name}", the model has ${names}`,
  });
}

function halfName(graph: Graph, name: string): string {
  return new FreshNames(graph).like(`${name}_half`);
}

function feedFloats(graph: Graph): void {
  const input = graph.inputs[0]!;
  const half = halfName(graph, input.name);
  for (const node of graph.nodes) node.inputs = node.inputs.map((name) => (name === input.name ? half : name));
  graph.nodes.unshift(makeNode('Cast', [input.name], [half], { to: attr.int(float16Code) }, ''));
  input.type = 'float32';
}

function giveFloats(graph: Graph): void {
  const output = graph.outputs[0]!;
  const half = halfName(graph, output.name);
  const rename = (name: string): string => (name === output.name ? half : name);
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map(rename);
    node.outputs = node.outputs.map(rename);
  }
  graph.nodes.push(makeNode('Cast', [half], [output.name], { to: attr.int(float32Code) }, ''));
  output.type = 'float32';
}
