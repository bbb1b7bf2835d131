import type { Graph } from '../onnx/graph';
import { indexGraph } from '../onnx/graph-index';

/** Operators that hand on the numbers as they are. */
const handsOn = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** The value that holds the class scores before a softmax at the network's end; its output where there is none. */
export function logitsOf(graph: Graph): string {
  const { producer } = indexGraph(graph);
  const output = graph.outputs[0]!.name;
  let node = producer(output);
  while (node && handsOn.has(node.op)) node = producer(node.inputs[0]!);
  return node?.op === 'Softmax' || node?.op === 'LogSoftmax' ? node.inputs[0]! : output;
}

/** What the last layer with weights reads: the features of an image, before they become classes. */
export function featuresOf(graph: Graph): string | undefined {
  const isLayer = new Set(['Conv', 'Gemm', 'MatMul']);
  const last = graph.nodes.findLast(
    ({ op, inputs }) => isLayer.has(op) && inputs.slice(1).some((input) => graph.initializers.has(input)),
  );
  return last?.inputs[0];
}
