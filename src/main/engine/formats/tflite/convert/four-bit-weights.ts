import type { TfliteGraph, TfliteModel, TfliteTensor } from '../model';
import { weightReaders } from './weight-readers';

/** Versions of the operators that take INT4 weights (op_version.cc): TensorFlow Lite 2.11 and LiteRT have them. */
const versions: Readonly<Record<string, number>> = { CONV_2D: 7, DEPTHWISE_CONV_2D: 7, FULLY_CONNECTED: 10 };
const layers: ReadonlySet<string> = new Set(Object.keys(versions));

/**
 * The network with INT4 weights, two codes a byte, where all codes of a layer have 4 bits; the others stay as they are. A file of half the size
 * for runtimes that have such kernels, no faster: they unpack the codes. Weights of depthwise layers of floats are
 * to be decoded before (`withDecodedDepthwise`): those layers have no such kernel, and LiteRT 2.3 says so at the first run.
 */
export function withFourBitWeights(model: TfliteModel): TfliteModel {
  return { ...model, graphs: model.graphs.map(packed) };
}

function packed(graph: TfliteGraph): TfliteGraph {
  const { isWeight } = weightReaders(graph, layers);
  const chosen = new Set(
    [...graph.tensors.keys()].filter((index) => isWeight(index) && hasFourBits(graph.tensors[index]!)),
  );
  return {
    ...graph,
    tensors: graph.tensors.map((tensor, index) =>
      chosen.has(index) ? { ...tensor, type: 'INT4', data: pairs(tensor.data!) } : tensor,
    ),
    operators: graph.operators.map((operator) =>
      operator.inputs.some((input) => chosen.has(input)) ? { ...operator, version: versions[operator.op]! } : operator,
    ),
  };
}

function hasFourBits({ type, data, quantization }: TfliteTensor): boolean {
  return (
    type === 'INT8' &&
    data !== undefined &&
    quantization !== undefined &&
    codesOf(data).every((code) => code >= -8 && code < 8)
  );
}

const codesOf = (data: Uint8Array): Int8Array => new Int8Array(data.buffer, data.byteOffset, data.length);

/** Two codes a byte, the first in the lower half. */
function pairs(data: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: Math.ceil(data.length / 2) },
    (_, index) => (data[2 * index]! & 15) | (((data[2 * index + 1] ?? 0) & 15) << 4),
  );
}
