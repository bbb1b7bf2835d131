import { createHash } from 'node:crypto';
import { encodeParts } from '../../onnx/encode';
import type { Graph } from '../../onnx/graph';

/** A network is what it computes; which steps made it, and what they said of it, is not. */
export function networkKey(graph: Graph): string {
  const hash = createHash('sha256');
  for (const part of encodeParts({ ...graph, metadata: {} })) hash.update(part);
  return hash.digest('hex');
}
