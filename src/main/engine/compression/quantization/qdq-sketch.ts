import type { Graph } from '../../onnx/graph';
import { int8Scales, symmetricInt8 } from '../algebra/affine-quantization';
import { planQdq } from './qdq-plan';
import { rewriteQdq } from './qdq-rewrite';

/** The QDQ form of a float network with scales that mean nothing: it shows, without an image, which operators would have integer kernels. */
export function qdqSketch(graph: Graph): Graph {
  return rewriteQdq(graph, planQdq(graph), {
    perChannel: true,
    codesOf: ({ weight, channelAxis }) => ({ scales: int8Scales(weight, channelAxis), codes: symmetricInt8 }),
    scaleOf: () => ({ scale: 1, zeroPoint: 0 }),
  });
}
