import type { TfliteGraph, TfliteModel, TfliteTensor } from '../tflite/model';
import { biasOf } from '../tflite/weighted-operators';

/** Whether operators compute in codes of 8 bits, in part at least; nothing but conversions gives codes where all compute in floats. */
export function hasIntegers({ graphs }: TfliteModel): boolean {
  return graphs.some(({ tensors, operators }) =>
    operators.some(
      ({ op, outputs }) => op !== 'QUANTIZE' && outputs.some((index) => /^U?INT8$/.test(tensors[index]!.type)),
    ),
  );
}

/**
 * A float network as it would be with integers throughout, to estimate what becomes of it once it is quantized: the same operators, values and
 * weights of 8 bits, biases of 32. No codes are computed: of constants it holds which elements are zero, and no more.
 */
export function asIntegers({ graphs, ...rest }: TfliteModel): TfliteModel {
  return { ...rest, graphs: graphs.map(withIntegers) };
}

function withIntegers(graph: TfliteGraph): TfliteGraph {
  // A bias has 32 bits where all else has 8.
  const biases = new Set(graph.operators.map(biasOf));
  const retyped = (tensor: TfliteTensor, index: number): TfliteTensor => {
    if (tensor.type !== 'FLOAT32') return tensor;
    if (biases.has(index)) return { ...tensor, type: 'INT32' };
    return { ...tensor, type: 'INT8', ...(tensor.data && { data: nonZeros(tensor.data) }) };
  };
  return { ...graph, tensors: graph.tensors.map(retyped) };
}

/** A byte an element: 0 where the float is. */
function nonZeros({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  const floats = new DataView(buffer, byteOffset, byteLength);
  return Uint8Array.from({ length: byteLength >> 2 }, (_, at) => (floats.getFloat32(at * 4, true) === 0 ? 0 : 1));
}
