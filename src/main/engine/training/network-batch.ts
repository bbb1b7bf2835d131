import { foldConstants } from '../onnx/fold-constants';
import { copyGraph, type Graph } from '../onnx/graph';

/** The network for batches of this many images: every dimension a number, shape arithmetic done. */
export function withBatch(graph: Graph, batch: number): Graph {
  const result = copyGraph(graph);
  const input = result.inputs[0]!;
  input.shape = [batch, ...input.shape.slice(1)];
  return foldConstants(result);
}

/** Images that the network takes at once, where it fixes that. */
export function fixedBatch(graph: Graph): number | undefined {
  const [batch] = graph.inputs[0]!.shape;
  return typeof batch === 'number' && batch > 0 ? batch : undefined;
}
