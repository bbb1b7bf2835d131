import type { Graph } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';

/** Operators that move numbers about and leave them as they are. */
const moving = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

/** The scale of the codes that the first output is decoded from: the difference of two neighbouring scores. undefined for floats. */
export function outputStep(graph: Graph): number | undefined {
  const index = indexGraph(graph);
  let node = index.producer(graph.outputs[0]?.name ?? '');
  while (node && moving.has(node.op)) node = index.producer(node.inputs[0]!);
  if (node?.op !== 'DequantizeLinear') return undefined;
  const scale = graph.initializers.get(node.inputs[1]!);
  return scale?.type === 'float32' && scale.data.length === 1 ? Number(scale.data[0]) : undefined;
}
