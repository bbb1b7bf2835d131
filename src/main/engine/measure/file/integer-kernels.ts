import type { FileMetrics } from '@shared/metrics';
import { integerKernelWidth, raggedChannels } from '../../onnx/depthwise-width';
import type { Graph } from '../../onnx/graph';
import { integerLayers } from '../../onnx/integer-layers';

/** The layers that run in integers, as operators of their own or between quantized values, and what is known to be slow among them. */
export function integerKernels(graph: Graph): FileMetrics['integerKernels'] {
  const layers = integerLayers(graph);
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
