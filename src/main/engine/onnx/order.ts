import type { Graph, Node } from './graph';
import { readsOf } from './subgraphs';

/** The order of the nodes, or the node at which it fails. */
export type Ordering = { nodes: Node[] } | { cycle: Node };

/**
 * Nodes so that each comes after the producers of its inputs; nodes already in order keep it (Kahn's algorithm that
 * always takes the ready node with the lowest index).
 */
export function orderNodes(graph: Pick<Graph, 'nodes'>): Ordering {
  const { nodes } = graph;
  const producer = new Map<string, number>();
  nodes.forEach((node, index) => node.outputs.forEach((output) => output !== '' && producer.set(output, index)));
  const waitsFor = nodes.map((node) => new Set(readsOf(node).flatMap((input) => producer.get(input) ?? [])));
  if (waitsFor.every((sources, index) => [...sources].every((source) => source < index))) return { nodes: [...nodes] };

  const feeds = nodes.map((): number[] => []);
  waitsFor.forEach((sources, index) => sources.forEach((source) => feeds[source]!.push(index)));
  const missing = waitsFor.map((sources) => sources.size);
  const ready = new MinimumHeap();
  missing.forEach((count, index) => count === 0 && ready.push(index));
  const ordered: Node[] = [];
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    ordered.push(nodes[index]!);
    for (const next of feeds[index]!) if (--missing[next]! === 0) ready.push(next);
  }
  const stuck = missing.findIndex((count) => count > 0);
  return stuck < 0 ? { nodes: ordered } : { cycle: nodes[stuck]! };
}

/** A binary heap of indices: a hostile file may hold a million nodes in reverse. */
class MinimumHeap {
  private readonly items: number[] = [];

  push(value: number): void {
    const { items } = this;
    let index = items.push(value) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (items[parent]! <= value) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = value;
  }

  pop(): number | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = last;
    return top;
  }
}
