import type { Graph, Tensor, TensorData } from '../../onnx/graph';
import { codeOf } from '../../onnx/element-type';
import { attr, int32Tensor, int64Tensor, makeTensor, uint8Tensor } from '../../onnx/make';
import { DecoderWriter, flattened } from './decoder-writer';
import { FreshNames } from '../../onnx/fresh-names';

/**
 * Sparse weights in a standard ONNX file: one bit per weight says whether it is zero, and only the others are stored.
 * The graph decodes them: its nodes have constant inputs only, so a runtime folds them once while it loads the file.
 * Operators and types are those of opset 13.
 */

/** Bytes the decoding nodes take in the file, about; the constants they share are not counted. */
const decoderBytes = 300;

/** A bit per element (first element = highest bit), and the elements that are not zero after one leading zero. */
export function packSparse(data: TensorData): { mask: Uint8Array; values: TensorData } {
  const mask = new Uint8Array(Math.ceil(data.length / 8));
  let count = 0;
  for (let index = 0; index < data.length; index++) {
    // Number(): also right for bigint elements. -0 counts as zero.
    if (Number(data[index]) === 0) continue;
    mask[index >> 3]! |= 0x80 >> (index & 7);
    count++;
  }
  const values = new (data.constructor as new (length: number) => TensorData)(count + 1);
  let position = 1;
  for (let index = 0; index < data.length; index++) {
    if (Number(data[index]) !== 0) values[position++] = data[index]!;
  }
  return { mask, values };
}

/** Bytes of the sparse form of a tensor with `zeros` zero elements. */
export function sparseBytes(tensor: Tensor, zeros: number): number {
  const { length, BYTES_PER_ELEMENT } = tensor.data;
  return Math.ceil(length / 8) + (length - zeros + 1) * BYTES_PER_ELEMENT + decoderBytes;
}

export function countZeros(data: TensorData): number {
  let zeros = 0;
  for (let index = 0; index < data.length; index++) if (Number(data[index]) === 0) zeros++;
  return zeros;
}

/**
 * Writes the nodes that turn a mask of `length` bits into int32 positions [length] in the list of stored values: the n-th element whose
 * bit is set is at position n, all others are at position 0.
 */
export function sparsePositions(writer: DecoderWriter, mask: Uint8Array, length: number): string {
  // Shifting left throws the higher bits away, shifting right by 7 the lower ones: [bytes, 1] becomes [bytes, 8] of 0 or 1.
  const bytes = writer.store(uint8Tensor([mask.length, 1], mask));
  const shifted = writer.emit('BitShift', [bytes, writer.constant(uint8Tensor([8], [0, 1, 2, 3, 4, 5, 6, 7]))], {
    direction: attr.string('LEFT'),
  });
  const bits = writer.emit('BitShift', [shifted, writer.constant(uint8Tensor([1], [7]))], {
    direction: attr.string('RIGHT'),
  });
  const numbers = writer.emit('Cast', [bits], { to: attr.int(codeOf('int32')) });
  const flags = flattened(writer, numbers, length, length % 8 !== 0);
  const counts = writer.emit('CumSum', [flags, writer.constant(int32Tensor([], [0]))]);
  return writer.emit('Mul', [counts, flags]);
}

/**
 * Gives the graph the constant `name`: in sparse form where that takes fewer bytes, else as an ordinary initializer.
 * Changes `graph`, which must be a copy of the caller's own. Returns whether it is stored sparsely.
 */
export function sparseInitializer(graph: Graph, name: string, tensor: Tensor, names = new FreshNames(graph)): boolean {
  graph.initializers.delete(name);
  if (sparseBytes(tensor, countZeros(tensor.data)) >= tensor.data.byteLength) {
    graph.initializers.set(name, tensor);
    return false;
  }
  const { mask, values } = packSparse(tensor.data);
  const writer = new DecoderWriter(graph, names);
  const positions = sparsePositions(writer, mask, tensor.data.length);
  const flat = writer.emit('Gather', [writer.store(makeTensor(tensor.type, [values.length], values)), positions]);
  writer.emit('Reshape', [flat, writer.constant(int64Tensor([tensor.shape.length], tensor.shape))], {}, name);
  writer.finish();
  return true;
}
