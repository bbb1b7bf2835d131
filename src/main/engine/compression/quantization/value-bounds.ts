import type { Graph, Node } from '../../onnx/graph';
import type { GraphIndex } from '../../onnx/graph-index';
import { scalarOf } from './integer-forms';
import { movingOps } from './quantized-operators';

type Bounds = [low: number, high: number];

/** Their results lie where their first input lies. */
const keeping: ReadonlySet<string> = new Set([...movingOps, 'AveragePool', 'GlobalAveragePool']);

/** Between which numbers a Relu or Clip leaves values as they are. */
export function boundsOf({ op, inputs }: Node, graph: Graph): Bounds {
  if (op === 'Relu') return [0, Infinity];
  const bound = (name: string | undefined, fallback: number): number =>
    (name ?? '') === '' ? fallback : (scalarOf(graph, name) ?? -fallback);
  return [bound(inputs[1], -Infinity), bound(inputs[2], Infinity)];
}

/** The numbers between which a value lies because of a Relu or Clip, whatever the image. */
export function valueBounds(value: string, graph: Graph, index: GraphIndex): Bounds {
  const producer = index.producer(value);
  if (producer?.domain === '') {
    if (producer.op === 'Relu' || producer.op === 'Clip') {
      const [low, high] = boundsOf(producer, graph);
      if (low <= high) return [low, high];
    }
    if (producer.op === 'Concat') return allBounds(producer.inputs, graph, index);
    if (keeping.has(producer.op)) return valueBounds(producer.inputs[0]!, graph, index);
  }
  return [-Infinity, Infinity];
}

/** The numbers between which all of the values lie. */
export function allBounds(values: readonly string[], graph: Graph, index: GraphIndex): Bounds {
  const bounds = values.map((value) => valueBounds(value, graph, index));
  return [Math.min(...bounds.map(([low]) => low)), Math.max(...bounds.map(([, high]) => high))];
}
