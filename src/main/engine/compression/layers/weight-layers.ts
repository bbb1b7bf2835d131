import { intAttribute } from '../../onnx/attributes';
import type { Graph, Node, Tensor } from '../../onnx/graph';

/** A layer whose weights are constant: Conv `[outputs, inputs / groups, ...kernel]`, Gemm or MatMul (a matrix). */
export interface WeightLayer {
  node: Node;
  /** Name of the weights' initializer. Several layers may share it. */
  weightName: string;
  /** float32. */
  weight: Tensor;
  /** The axis of `weight` that counts output channels. */
  channelAxis: number;
}

function channelAxis(node: Node, weight: Tensor): number | undefined {
  if (node.op === 'Conv') return weight.shape.length >= 3 ? 0 : undefined;
  if (weight.shape.length !== 2) return undefined;
  if (node.op === 'Gemm') return intAttribute(node, 'transB', 0) === 0 ? 1 : 0;
  return node.op === 'MatMul' ? 1 : undefined;
}

/** The layers of a graph with plain weights, in graph order. */
export function weightLayers(graph: Graph): WeightLayer[] {
  const layers: WeightLayer[] = [];
  for (const node of graph.nodes) {
    const weightName = node.inputs[1] ?? '';
    const weight = graph.initializers.get(weightName);
    if (node.domain !== '' || weight?.type !== 'float32' || weight.data.length === 0) continue;
    const axis = channelAxis(node, weight);
    if (axis !== undefined) layers.push({ node, weightName, weight, channelAxis: axis });
  }
  return layers;
}
