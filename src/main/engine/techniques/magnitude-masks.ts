import { z } from 'zod';
import type { WeightLayer } from '../compression/layers/weight-layers';
import { weightOfRows, weightRows } from '../compression/layers/weight-rows';
import { masksAt, type MaskGoal } from '../compression/pruning/gradual-masks';
import type { ScoredLayer } from '../compression/pruning/prune-mask';
import { parsePattern, pruneUnits } from '../compression/pruning/prune-pattern';
import { copyGraph, type Graph, type Tensor } from '../onnx/graph';
import { amountParam, applyMask, patternParam } from './pruned-weights';
import { keptLayers } from './layer-params';

/** Parameters of techniques that prune and train. */
export const maskParams = {
  amount: amountParam,
  scope: z
    .enum(['global', 'local'])
    .default('global')
    .describe('Compare weights across the whole network, or within each layer, all losing the same share'),
  pattern: patternParam,
  ...keptLayers,
};
type MaskParams = z.infer<z.ZodObject<typeof maskParams>>;

export function goalOf(layers: readonly WeightLayer[], { amount, scope, pattern }: MaskParams): MaskGoal {
  const total = layers.reduce((sum, { weight }) => sum + weight.data.length, 0);
  return { pattern: parsePattern(pattern)!, zeros: Math.round(amount * total), scope };
}

/** Layers with scores of their weights, each of the weight's shape, for the units of a pattern. */
export function scoredBy(
  layers: readonly WeightLayer[],
  { pattern }: MaskGoal,
  scoresOf: (layer: WeightLayer) => Tensor,
): ScoredLayer[] {
  return layers.map((layer) => {
    const { data } = weightRows({ ...layer, weight: scoresOf(layer) });
    return { scores: data.map(Math.abs), units: pruneUnits(pattern, layer) };
  });
}

/** The masks that magnitudes give a network whose weights are those at hand; a weight that is not among them is as it came. */
export function magnitudeMasks(
  layers: readonly WeightLayer[],
  goal: MaskGoal,
  weights: ReadonlyMap<string, Tensor>,
  share?: number,
): Uint8Array[] {
  const scored = scoredBy(layers, goal, ({ weightName, weight }) => weights.get(weightName) ?? weight);
  return masksAt(scored, goal, share);
}

/** The graph with the weights set to zero whose masks are 1. */
export function withMasks(graph: Graph, layers: readonly WeightLayer[], masks: readonly Uint8Array[]): Graph {
  const result = copyGraph(graph);
  layers.forEach((layer, at) => applyMask(result, layer, masks[at]!));
  return result;
}

/** A mask of rows as the weight lies: 1 where a weight stays, 0 where it becomes zero. */
export function keptOf(layer: WeightLayer, mask: Uint8Array): Float32Array {
  const kept = new Float32Array(mask).map((gone) => 1 - gone);
  return weightOfRows(weightRows(layer), kept).data as Float32Array;
}
