import { elementCount, type Graph, type Node, type Tensor, type TensorData } from '../onnx/graph';
import { attr, int32Tensor, int64Tensor, makeNode, makeTensor, uint8Tensor } from '../onnx/make';
import { FreshNames } from './fresh-names';
import { sharedConstant } from './shared-constant';

/**
 * Sparse weights in a standard ONNX file: one bit per weight says whether it is zero, and only the others are stored.
 * The graph decodes them: its nodes have constant inputs only, so a runtime folds them once while it loads the file.
 * Operators and types are those of opset 13.
 */

/** Bytes the decoding nodes take in the file, about; the constants they share are not counted. */
const decoderBytes = 300;
const int32Code = 6;

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

/** The nodes that turn mask and values back into the tensor `name`. Adds constants to the graph. */
function decoderNodes(graph: Graph, name: string, tensor: Tensor, names: FreshNames): Node[] {
  const { mask, values } = packSparse(tensor.data);
  const constant = (value: Tensor): string => sharedConstant(graph, value, names);
  const nodes: Node[] = [];
  const emit = (op: string, inputs: string[], attributes = {}, output = names.next()): string => {
    nodes.push(makeNode(op, inputs, [output], attributes, ''));
    return output;
  };
  const store = (value: Tensor): string => {
    const stored = names.next();
    graph.initializers.set(stored, value);
    return stored;
  };

  // Shifting left throws the higher bits away, shifting right by 7 the lower ones: [bytes, 1] becomes [bytes, 8] of 0 or 1.
  const bytes = store(uint8Tensor([mask.length, 1], mask));
  const shifted = emit('BitShift', [bytes, constant(uint8Tensor([8], [0, 1, 2, 3, 4, 5, 6, 7]))], {
    direction: attr.string('LEFT'),
  });
  const bits = emit('BitShift', [shifted, constant(uint8Tensor([1], [7]))], { direction: attr.string('RIGHT') });
  const numbers = emit('Cast', [bits], { to: attr.int(int32Code) });
  let flags = emit('Reshape', [numbers, constant(int64Tensor([1], [-1]))]);
  const length = elementCount(tensor.shape);
  if (length % 8 !== 0)
    flags = emit('Slice', [flags, constant(int64Tensor([1], [0])), constant(int64Tensor([1], [length]))]);
  // The n-th weight that is not zero is values[n]; every zero weight takes values[0], which is zero.
  const counts = emit('CumSum', [flags, constant(int32Tensor([], [0]))]);
  const positions = emit('Mul', [counts, flags]);
  const flat = emit('Gather', [store(makeTensor(tensor.type, [values.length], values)), positions]);
  emit('Reshape', [flat, constant(int64Tensor([tensor.shape.length], tensor.shape))], {}, name);
  return nodes;
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
  graph.nodes.unshift(...decoderNodes(graph, name, tensor, names));
  return true;
}
