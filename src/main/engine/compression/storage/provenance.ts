import { countParams, parameterMetadata } from '../../onnx/count';
import { copyGraph, type Graph } from '../../onnx/graph';

/** Where a compressed file says which steps made it, as text. Its parameter counts stand beside: packed weights hide them. */
const recipeMetadata = 'whittle.recipe';

/** The steps that made a network, as text; undefined: none did. */
export const recipeOf = ({ metadata }: Graph): string | undefined => metadata[recipeMetadata] || undefined;

/** `after` with the counts of `before` (or its own, where the technique set them) and the step added to the recipe. */
export function recordStep(before: Graph, after: Graph, step: string): Graph {
  const recorded = copyGraph(after);
  const { params, nonZeroParams } = countParams(before);
  const previous = before.metadata[recipeMetadata];
  recorded.metadata = {
    [parameterMetadata.params]: String(params),
    [parameterMetadata.nonZeroParams]: String(nonZeroParams),
    ...after.metadata,
    [recipeMetadata]: previous ? `${previous} | ${step}` : step,
  };
  return recorded;
}

/** Writes the parameter counts of a graph whose layers changed, with plain weights, into its metadata. */
export function recountParameters(graph: Graph): void {
  const { params, nonZeroParams } = countParams({ ...graph, metadata: {} });
  graph.metadata = {
    ...graph.metadata,
    [parameterMetadata.params]: String(params),
    [parameterMetadata.nonZeroParams]: String(nonZeroParams),
  };
}
