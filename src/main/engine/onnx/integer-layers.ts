import type { Graph, Node } from './graph';
import { indexGraph } from './graph-index';

const weighted = new Set(['Conv', 'Gemm', 'MatMul']);
/** They quantize what they are given while they run, and hand on numbers. */
const dynamic = new Set(['ConvInteger', 'MatMulInteger']);
const integer = new Set(['QLinearConv', 'QLinearMatMul', 'QGemm', ...dynamic]);

/** The layers that run in integers: as operators of their own, or between quantized values. */
export function integerLayers(graph: Graph): Node[] {
  const index = indexGraph(graph);
  return graph.nodes.filter(
    ({ op, inputs }) =>
      integer.has(op) || (weighted.has(op) && index.producer(inputs[0] ?? '')?.op === 'DequantizeLinear'),
  );
}

/** Whether layers hand codes on to each other, so that kernels for integers alone can run the network, but for layers that were kept in floats. */
export const handsOnCodes = (graph: Graph): boolean => integerLayers(graph).some(({ op }) => !dynamic.has(op));
