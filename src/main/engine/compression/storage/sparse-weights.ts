import type { Graph } from '../../onnx/graph';
import { FreshNames } from '../../onnx/fresh-names';
import { countZeros, sparseInitializer } from './sparse-decode';
import { weightLayers } from '../layers/weight-layers';

/** Below this share zeros are chance rather than pruning. */
const leastZeros = 0.2;

/** Whether weights are stored sparsely or in few bits, with nodes that decode them. */
export function hasDecodedWeights({ nodes }: Graph): boolean {
  return nodes.some(({ op }) => op === 'BitShift');
}

/**
 * Names of the weights of `plain` that an earlier step pruned: they have many zeros, which further steps should keep.
 * @param stored the form in which that step left the network: without decoded weights nothing was pruned.
 */
export function sparseWeights(stored: Graph, plain: Graph): Set<string> {
  const pruned = weightLayers(plain).filter(({ weight }) => countZeros(weight.data) > leastZeros * weight.data.length);
  return new Set(hasDecodedWeights(stored) ? pruned.map(({ weightName }) => weightName) : []);
}

/** Stores the weights of all layers sparsely where that takes fewer bytes; returns how many. Changes `graph` in place. */
export function storeSparseWeights(graph: Graph): number {
  const names = new FreshNames(graph);
  const weights = new Map(weightLayers(graph).map(({ weightName, weight }) => [weightName, weight]));
  let sparse = 0;
  for (const [name, weight] of weights) if (sparseInitializer(graph, name, weight, names)) sparse++;
  return sparse;
}
