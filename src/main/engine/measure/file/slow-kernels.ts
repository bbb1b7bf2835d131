import type { FileMetrics } from '@shared/metrics';
import { integerKernelWidth, raggedChannels } from '../../onnx/depthwise-width';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';

/** What in a file is known to run in slow kernels of ONNX Runtime; undefined where nothing is. */
export function slowKernels(graph: Graph): FileMetrics['slowKernels'] {
  const dynamicConvolutions = graph.nodes.filter(({ op }) => op === 'ConvInteger').length;
  const index = indexGraph(graph);
  const isInteger = (node: Node): boolean =>
    node.op === 'QLinearConv' || index.producer(node.inputs[0] ?? '')?.op === 'DequantizeLinear';
  const ragged = graph.nodes.filter((node) => raggedChannels(node) !== undefined && isInteger(node));
  if (dynamicConvolutions === 0 && ragged.length === 0) return undefined;
  return {
    dynamicConvolutions,
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
