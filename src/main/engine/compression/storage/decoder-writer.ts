import { int64Tensor } from '../../onnx/make';
import { NodeWriter } from '../../onnx/node-writer';

/**
 * Collects the nodes that turn stored weights back into a tensor. All their inputs are constants, so a runtime computes them once while it
 * loads the file. The nodes go into the graph when `finish` is called, before those that are there.
 */
export class DecoderWriter extends NodeWriter {
  finish(): void {
    this.graph.nodes.unshift(...this.nodes);
  }
}

/** Writes the nodes that make a value one-dimensional and keep its first `length` elements. */
export function flattened(writer: DecoderWriter, value: string, length: number, isPadded: boolean): string {
  const flat = writer.emit('Reshape', [value, writer.constant(int64Tensor([1], [-1]))]);
  if (!isPadded) return flat;
  return writer.emit('Slice', [
    flat,
    writer.constant(int64Tensor([1], [0])),
    writer.constant(int64Tensor([1], [length])),
  ]);
}
