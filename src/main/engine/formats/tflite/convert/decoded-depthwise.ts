import type { TfliteGraph, TfliteModel, TfliteOperator } from '../model';
import { operatorVersion } from './operator-version';

/**
 * Depthwise layers of floats with int8 weights get those decoded by a DEQUANTIZE, which is computed once, when the network is opened. Their
 * hybrid kernels are plain loops in both runtimes: on MobileNetV2 they took TensorFlow Lite 2.9 twelve times as long as all layers in
 * floats take, and LiteRT 2.3 twice.
 */
export function withDecodedDepthwise(model: TfliteModel): TfliteModel {
  return { ...model, graphs: model.graphs.map(decoded) };
}

function decoded(graph: TfliteGraph): TfliteGraph {
  const tensors = [...graph.tensors];
  const decoders: TfliteOperator[] = [];
  const decodedOf = new Map<number, number>();
  const floats = (codes: number): number => {
    const known = decodedOf.get(codes);
    if (known !== undefined) return known;
    const stored = tensors[codes]!;
    const { name, shape } = stored;
    const index = tensors.push({ name: `${name} decoded`, shape, type: 'FLOAT32' }) - 1;
    const version = operatorVersion('DEQUANTIZE', [stored], {});
    decoders.push({ op: 'DEQUANTIZE', version, inputs: [codes], outputs: [index], options: {} });
    decodedOf.set(codes, index);
    return index;
  };
  const operators = graph.operators.map((operator): TfliteOperator => {
    if (operator.op !== 'DEPTHWISE_CONV_2D') return operator;
    const [input, weights, ...rest] = operator.inputs as [number, number, ...number[]];
    const { type, data, quantization } = tensors[weights]!;
    if (tensors[input]!.type !== 'FLOAT32' || type !== 'INT8' || !data || !quantization) return operator;
    return { ...operator, version: Math.min(operator.version, 2), inputs: [input, floats(weights), ...rest] };
  });
  return decoders.length === 0 ? graph : { ...graph, tensors, operators: [...decoders, ...operators] };
}
