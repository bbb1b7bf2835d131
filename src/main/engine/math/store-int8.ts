import type { Graph, Tensor } from '../onnx/graph';
import type { FreshNames } from './fresh-names';
import { countZeros, sparseInitializer } from './sparse-decode';

/** Below this share of zero weights the sparse form saves too little to be worth decoding. */
const leastSparsity = 0.15;

/** Stores int8 weights in the graph: sparsely when the float weights they come from were pruned and that is smaller. Returns the name. */
export function storeInt8(graph: Graph, integers: Tensor, float: Tensor, names: FreshNames): string {
  const name = names.next();
  const isPruned = countZeros(float.data) >= leastSparsity * float.data.length;
  if (isPruned) sparseInitializer(graph, name, integers, names);
  else graph.initializers.set(name, integers);
  return name;
}
