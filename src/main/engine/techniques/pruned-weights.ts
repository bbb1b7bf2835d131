import { z } from 'zod';
import { AppError } from '@shared/errors';
import { nodesKept } from '../compression/layers/layer-choice';
import { parsePattern } from '../compression/pruning/prune-pattern';
import { storeSparseWeights } from '../compression/storage/sparse-weights';
import { weightLayers, type WeightLayer } from '../compression/layers/weight-layers';
import { weightOfRows, weightRows } from '../compression/layers/weight-rows';
import { countParams, parameterMetadata } from '../onnx/count';
import type { Graph } from '../onnx/graph';
import type { TechniqueContext } from '../compression/calibration/technique-context';

/** What the techniques that set single weights to zero have in common. */
export const amountParam = z
  .number()
  .min(0)
  .max(0.99)
  .default(0.5)
  .describe('Fraction of the weights that become zero; a pattern such as 2:4 has its own');

/** What there is where training gained nothing. */
export const prunedAtOnce = 'the weights are those pruned at once';

export const patternParam = z
  .string()
  .refine((text) => parsePattern(text) !== undefined, {
    message:
      'must be "unstructured", "row", "column", weights kept of as many consecutive ones such as "2:4", or a block such as "4x1"',
  })
  .default('unstructured')
  .describe(
    'Which weights become zero together: unstructured, any; 2:4 (or any n:m), all but n of every m consecutive input channels at one place of the kernel, while a shorter rest stays whole; 4x1 (or any size), blocks of output channels x inputs; row, all of an output channel; column, one input channel at one place of the kernel for all output channels',
  );

/**
 * The layers to prune, each weight tensor once: layers may share it.
 * Throws `technique.params` for a name that nothing has, `technique.not-applicable` where no layer is left.
 */
export function prunableLayers(
  graph: Graph,
  choice: { exclude: string[]; keepFirst: boolean; keepLast: boolean },
  id: string,
  context: TechniqueContext,
): WeightLayer[] {
  const kept = nodesKept(graph, choice, id);
  const layers = weightLayers(graph);
  // A tensor that a kept layer shares stays too.
  const keptNames = new Set(layers.filter(({ node }) => kept.has(node)).map(({ weightName }) => weightName));
  const first = new Map(layers.toReversed().map((layer) => [layer.weightName, layer]));
  const prunable = layers.filter((layer) => !keptNames.has(layer.weightName) && first.get(layer.weightName) === layer);
  if (prunable.length === 0) {
    const outside = layers.length > 0 ? ' outside the excluded ones' : '';
    const detail = `it has no convolution or matrix product with constant weights${outside}`;
    throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
  }
  return prunable;
}

/** Sets the weights to zero whose mask (in the order of the rows) is 1. Changes `graph`. */
export function applyMask(graph: Graph, layer: WeightLayer, mask: Uint8Array): void {
  const rows = weightRows({ ...layer, weight: graph.initializers.get(layer.weightName)! });
  const data = rows.data.map((value, index) => (mask[index] === 1 ? 0 : value));
  graph.initializers.set(layer.weightName, weightOfRows(rows, data));
}

/** Stores pruned weights without their zeros and records how many parameters are left. Changes `graph`. */
export function storePruned(graph: Graph, context: TechniqueContext): void {
  // Counted afresh, from the weights: what the metadata says is from before.
  const { nonZeroParams } = countParams({ ...graph, metadata: {} });
  if (storeSparseWeights(graph) > 0)
    context.note('Pruned weights are stored sparsely and decoded when the model loads: smaller file, no speed-up.');
  graph.metadata[parameterMetadata.nonZeroParams] = String(nonZeroParams);
}
