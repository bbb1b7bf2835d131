import type { FileMetrics } from '@shared/metrics';
import { integerKernelWidth, raggedChannels } from '../../onnx/depthwise-width';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';

const weighted = new Set(['Conv', 'Gemm', 'MatMul']);
const integer = new Set(['QLinearConv', 'QLinearMatMul', 'QGemm', 'ConvInteger', 'MatMulInteger']);

/** The layers that run in integers, as operators of their own or between quantized values, and what is known to be slow among them. */
export function integerKernels(graph: Graph): FileMetrics['integerKernels'] {
  const index = indexGraph(graph);
  const isInteger = (node: Node): boolean =>
    integer.has(node.op) || (weighted.has(node.op) && index.producer(node.inputs[0] ?? '')?.op === 'DequantizeLinear');
  const layers = graph.nodes.filter(isInteger);
  const ragged = layers.filter((node) => raggedChannels(node) !== undefined);
  return {
    layers: layers.length,
    dynamicConvolutions: layers.filter(({ op }) => op === 'ConvInteger').length,
    ...(ragged.length > 0 && {
      raggedDepthwise: {
        layers: ragged.length,
        node: ragged[0]!.name,
        channels: raggedChannels(ragged[0]!)!,
        multipleOf: integerKernelWidth,
      },
    }),
  };
}
