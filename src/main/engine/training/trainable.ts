import type { Graph, Node, Tensor } from '../onnx/graph';
import { indexGraph } from '../onnx/graph-index';
import { float32Tensor } from '../onnx/make';
import type { ParameterGroup } from './step-graph';

/** Which inputs of an operator are learned. */
const learnedInputs: Record<string, readonly number[]> = {
  BatchNormalization: [1, 2],
  Conv: [1, 2],
  Gemm: [0, 1, 2],
  LayerNormalization: [1, 2],
  MatMul: [0, 1],
  PRelu: [1],
};

const layers = new Set(['Conv', 'Gemm', 'MatMul']);

/**
 * The constants of a network that are trained: weights and biases of layers, scales and shifts of norms. Weights of layers decay, numbers a
 * channel do not. A weight that is exactly 0 stays 0, so that what pruning took away stays away.
 */
export function trainableParameters(graph: Graph, weightDecay: number): Map<string, ParameterGroup> {
  const parameters = new Map<string, ParameterGroup>();
  const { producer } = indexGraph(graph);
  const isBias = (node: Node): boolean =>
    node.op === 'Add' && node.inputs.some((input) => producer(input)?.op === 'MatMul');
  for (const node of graph.nodes) {
    if (node.domain !== '') continue;
    for (const at of isBias(node) ? [0, 1] : (learnedInputs[node.op] ?? [])) {
      const name = node.inputs[at] ?? '';
      const tensor = graph.initializers.get(name);
      if (tensor?.type !== 'float32' || tensor.shape.length === 0) continue;
      const isWeight = layers.has(node.op) && at < 2;
      if (isWeight) parameters.set(name, { weightDecay, ...maskOf(tensor) });
      else if (!parameters.has(name)) parameters.set(name, { weightDecay: 0 });
    }
  }
  return parameters;
}

/** Of weights without zeros nothing need be held. */
function maskOf({ shape, data }: Tensor): { mask?: Tensor } {
  const weights = data as Float32Array;
  if (!weights.includes(0)) return {};
  return {
    mask: float32Tensor(
      shape,
      weights.map((weight) => (weight === 0 ? 0 : 1)),
    ),
  };
}
