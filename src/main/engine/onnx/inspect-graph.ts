import type { ClassifierFacts, LayerInfo, ModelInspection, UnclearClassifier, ValueInfo } from '@shared/contract';
import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { classifierChoices, classifierOf, singleBatch, type Classifier } from './classifier';
import { batchOf, countMacs, countParams, isConstant, macsOf } from './count';
import type { Graph, GraphValue } from './graph';
import { constantValues, parameterInputs, sizeOf } from './parameters';
import { inferShapes, type TypedShape } from './shapes';
import { straighten } from './straighten';
import { everyGraph } from './subgraphs';

type Shapes = ReadonlyMap<string, TypedShape>;

/**
 * What the window and `whittle inspect` show of a network with all its branches, at batch 1; of any network, a classifier or not.
 * @param model its path, for messages. Throws `model.invalid-graph`.
 */
export function inspectGraph(
  network: Graph,
  model?: string,
  card?: ModelCard,
): Omit<ModelInspection, 'path' | 'sha256' | 'sizeBytes' | 'files' | 'card'> {
  const { graph } = straighten(network);
  const shapes = inferShapes(graph, singleBatch(graph));
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (!input || !output)
    throw new AppError('model.invalid-graph', { path: model, detail: `it has no ${input ? 'output' : 'input'}` });
  const classifier = classifierFacts(graph, model, card);
  const operators: Record<string, number> = {};
  for (const { op } of everyGraph(network).flatMap(({ nodes }) => nodes)) operators[op] = (operators[op] ?? 0) + 1;
  return {
    opset: graph.opsets[''] ?? 0,
    producer: graph.producer,
    input: info(input),
    output: 'scores' in classifier ? info(classifier.scores) : info(output, shapes),
    inputs: graph.inputs.map((value) => info(value)),
    outputs: graph.outputs.map((value) => info(value, shapes)),
    classifier: 'scores' in classifier ? classifier.facts : classifier,
    ...countParams(graph),
    macs: countMacs(network),
    operators,
    layers: layersOf(graph, shapes),
  };
}

function info({ name, type, shape }: GraphValue, shapes?: Shapes): ValueInfo {
  return { name, shape: [...(shapes?.get(name)?.shape ?? shape)], type };
}

function classifierFacts(
  graph: Graph,
  model?: string,
  card?: ModelCard,
): { scores: GraphValue; facts: ClassifierFacts } | UnclearClassifier {
  try {
    const found = classifierOf(graph, model, card);
    return { scores: found.output, facts: factsOf(found) };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const choices = thrown.code === 'model.ambiguous-output' ? classifierChoices(graph, card) : undefined;
    const named = choices?.map((choice) => ({ output: choice.output.name, facts: factsOf(choice) }));
    return { problem: thrown.message, ...(named && { choices: named }) };
  }
}

function factsOf({ input, layout, channels, height, width, classes, score }: Classifier): ClassifierFacts {
  return { layout, channels, height, width, type: input.type as ClassifierFacts['type'], classes, score };
}

/** A parameter tensor that several layers share counts at the first. */
function layersOf(graph: Graph, shapes: Shapes): LayerInfo[] {
  const constant = constantValues(graph);
  const batch = batchOf(graph, shapes);
  const counted = new Set<string>();
  return graph.nodes
    .filter((node) => !isConstant(node, constant))
    .map((node) => {
      const fresh = parameterInputs(node, constant, shapes).filter((name) => !counted.has(name));
      for (const name of fresh) counted.add(name);
      return {
        name: node.name,
        op: node.op,
        outputShape: [...(shapes.get(node.outputs[0] ?? '')?.shape ?? [])],
        params: [...new Set(fresh)].reduce((sum, name) => sum + sizeOf(shapes.get(name)!), 0),
        macs: macsOf(node, shapes) / batch,
      };
    });
}
