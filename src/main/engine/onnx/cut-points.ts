import { isConstant, macsByNode } from './count';
import type { Graph, Node } from './graph';
import { constantValues } from './parameters';

/** A value through which all goes that an image becomes: what comes after needs nothing else of what came before. */
export interface CutPoint {
  value: string;
  producer: Node;
  /** Multiply-accumulates up to it, and as a share of all. */
  macs: number;
  share: number;
}

/** The cut points of a network without dead nodes, from the first. */
export function cutPoints(graph: Graph): CutPoint[] {
  const constant = constantValues(graph);
  const macs = macsByNode(graph);
  const nodes = graph.nodes.filter((node) => !isConstant(node, constant));
  const total = [...macs.values()].reduce((sum, each) => sum + each, 0);
  const lastReader = new Map<string, number>();
  for (const [at, node] of nodes.entries()) for (const input of node.inputs) lastReader.set(input, at);
  for (const { name } of graph.outputs) lastReader.set(name, nodes.length);

  const wanted = new Set(graph.inputs.map(({ name }) => name));
  const points: CutPoint[] = [];
  let done = 0;
  for (const [at, producer] of nodes.entries()) {
    done += macs.get(producer)!;
    for (const output of producer.outputs) if (lastReader.has(output)) wanted.add(output);
    for (const input of producer.inputs) if (lastReader.get(input) === at) wanted.delete(input);
    const [value] = wanted;
    if (wanted.size === 1 && producer.outputs.includes(value!))
      points.push({ value: value!, producer, macs: done, share: done / total });
  }
  return points;
}

/** Of points behind the same layer the last, and of those the one nearest to a share; undefined where there is none. */
export function nearestPoint(points: readonly CutPoint[], share: number): CutPoint | undefined {
  let nearest: CutPoint | undefined;
  for (const point of points)
    if (!nearest || Math.abs(point.share - share) <= Math.abs(nearest.share - share)) nearest = point;
  return nearest;
}
