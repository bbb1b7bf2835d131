import { storedSymbols } from '../../compression/storage/stored-symbols';
import { symbolBits } from '../../compression/storage/symbol-entropy';
import type { Graph } from '../../onnx/graph';

/**
 * Bytes that an ideal entropy coder, one that takes each number for itself, would need for the constants of a file as they are stored:
 * weights as codes, with the tables, scales and biases they need. Nodes and names are left out. A compressor that finds repetitions can
 * come below it. Throws `model.runtime-rejected` and `model.runtime-failed`.
 */
export async function entropyBoundBytes(graph: Graph): Promise<number> {
  let bits = 0;
  for await (const tensor of storedSymbols(graph)) bits += symbolBits(tensor);
  return Math.ceil(bits / 8);
}
