import type { Graph, Tensor } from './graph';
import { FreshNames } from './fresh-names';

const largestShared = 16;

function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.type !== b.type || a.data.length !== b.data.length || a.shape.length !== b.shape.length) return false;
  if (a.shape.some((dimension, axis) => dimension !== b.shape[axis])) return false;
  // By bits, so that -0 and 0 stay apart.
  const bytes = (tensor: Tensor) => Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  return bytes(a).equals(bytes(b));
}

/** The name of a small constant, stored in the graph once however often it is asked for. Changes `graph.initializers`. */
export function sharedConstant(graph: Graph, tensor: Tensor, names = new FreshNames(graph)): string {
  if (tensor.data.length <= largestShared) {
    for (const [name, known] of graph.initializers) if (sameTensor(known, tensor)) return name;
  }
  const name = names.next();
  graph.initializers.set(name, tensor);
  return name;
}
