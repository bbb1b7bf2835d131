import type { Graph, Node } from '../onnx/graph';
import { indexGraph } from '../onnx/graph-index';
import { producerBehind } from '../onnx/score-output';

/** Operators that hand on the numbers as they are. */
const handsOn = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** The value that holds the class scores before a softmax at the network's end; its output where there is none. */
export function logitsOf(graph: Graph): string {
  const output = graph.outputs[0]!.name;
  const node = producerBehind(output, indexGraph(graph), handsOn);
  return node?.op === 'Softmax' || node?.op === 'LogSoftmax' ? node.inputs[0]! : output;
}

const layers = new Set(['Conv', 'Gemm', 'MatMul']);

/** The last layer with weights: the classifier. */
export function lastLayerOf(graph: Graph): Node | undefined {
  return graph.nodes.findLast(
    ({ op, inputs }) => layers.has(op) && inputs.slice(1).some((input) => graph.initializers.has(input)),
  );
}

/** What the last layer with weights reads: the features of an image, before they become classes. */
export function featuresOf(graph: Graph): string | undefined {
  return lastLayerOf(graph)?.inputs[0];
}
