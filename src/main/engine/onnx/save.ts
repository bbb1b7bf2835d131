import { writeFileAtomic } from '../files/atomic-file';
import type { Graph } from './graph';
import { encodeParts, type EncodeOptions } from './encode';

/** The ONNX file of a graph, in one piece of memory. */
export function encodeModel(graph: Graph, options?: EncodeOptions): Uint8Array<ArrayBuffer> {
  const parts = encodeParts(graph, options);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.byteLength;
  }
  return bytes;
}

/**
 * Writes the graph as one ONNX file, atomically; weights go from their tensors to the file without another copy in
 * memory.
 * Throws `output.disk-full` or `output.unwritable`; no half-written file is left then.
 */
export async function saveModel(graph: Graph, path: string): Promise<void> {
  await writeFileAtomic(path, encodeParts(graph));
}
