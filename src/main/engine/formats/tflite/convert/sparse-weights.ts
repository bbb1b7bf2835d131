import type { RowSparsity, TfliteGraph, TfliteModel, TfliteOperator, TfliteTensor, TfliteType } from '../model';
import { weightReaders } from './weight-readers';

const layers: ReadonlySet<string> = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED']);
/** Bit patterns of numbers; the sign of zero is the highest bit. */
const words: Partial<Record<TfliteType, { array: typeof Uint32Array | typeof Uint16Array; sign: number }>> = {
  FLOAT32: { array: Uint32Array, sign: 0x80000000 },
  FLOAT16: { array: Uint16Array, sign: 0x8000 },
};

/**
 * The network with those weights, floats or halves, stored without their zeros that are smaller so, each behind a DENSIFY. They are
 * made dense when the network is opened: XNNPACK's sparse kernels, which its delegate's documentation names, did not come into play in
 * TensorFlow Lite 2.9 nor in LiteRT 2.3, on a MobileNetV2 of whose weights nine tenths were zero.
 */
export function withSparseWeights(model: TfliteModel): TfliteModel {
  return { ...model, graphs: model.graphs.map(sparse) };
}

function sparse(graph: TfliteGraph): TfliteGraph {
  const tensors = [...graph.tensors];
  const densify: TfliteOperator[] = [];
  const stored = new Map<number, number>();
  for (const index of weightsOf(graph)) {
    const tensor = tensors[index]!;
    const found = withoutZeros(tensor);
    if (!found) continue;
    stored.set(index, tensors.push({ ...found, name: `${tensor.name} sparse` }) - 1);
    tensors[index] = { name: tensor.name, shape: tensor.shape, type: tensor.type };
  }
  for (const [dense, from] of stored)
    densify.push({ op: 'DENSIFY', version: 1, inputs: [from], outputs: [dense], options: {} });
  return { ...graph, tensors, operators: [...densify, ...graph.operators] };
}

/** Tensors that layers read as weights and nothing else reads: what a DEQUANTIZE widens for them where they are halves. */
function weightsOf(graph: TfliteGraph): number[] {
  const { isWeight, soleReader } = weightReaders(graph, layers);
  const isWidened = (index: number): boolean => {
    const reader = soleReader(index);
    return reader?.op === 'DEQUANTIZE' && isWeight(reader.outputs[0]!);
  };
  return [...graph.tensors.keys()].filter(
    (index) => graph.tensors[index]!.data && (isWeight(index) || isWidened(index)),
  );
}

/** The tensor as its numbers that are not zero; undefined where that takes as many bytes. */
function withoutZeros(tensor: TfliteTensor): TfliteTensor | undefined {
  const form = words[tensor.type];
  if (!form || tensor.shape.length === 0) return undefined;
  const data = tensor.data!;
  const { array, sign } = form;
  const numbers = new array(Uint8Array.from(data).buffer);
  const width = tensor.shape.at(-1)!;
  const sparsity: RowSparsity = { segments: [0], indices: [] };
  const kept = new array(numbers.length);
  let count = 0;
  for (let start = 0; start < numbers.length; start += width) {
    for (let at = 0; at < width; at++) {
      const word = numbers[start + at]!;
      if (word === 0 || word === sign) continue;
      kept[count++] = word;
      sparsity.indices.push(at);
    }
    sparsity.segments.push(count);
  }
  const bytes =
    count * (array.BYTES_PER_ELEMENT + indexBytes(width - 1)) + sparsity.segments.length * indexBytes(count);
  if (count === 0 || bytes >= data.length) return undefined;
  return { ...tensor, data: new Uint8Array(kept.buffer, 0, count * array.BYTES_PER_ELEMENT), isSparse: true, sparsity };
}

const indexBytes = (largest: number): number => (largest < 2 ** 8 ? 1 : largest < 2 ** 16 ? 2 : 4);
