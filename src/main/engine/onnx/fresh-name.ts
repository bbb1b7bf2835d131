import type { Graph } from './graph';

/**
 * Makes names that no value and no node of the graph has, and never the same twice: `fresh('conv1_scale')` is that, or
 * 'conv1_scale_2', ...
 */
export function freshNames(graph: Graph): (wanted: string) => string {
  const taken = new Set<string>(graph.initializers.keys());
  for (const value of [...graph.inputs, ...graph.outputs]) taken.add(value.name);
  for (const node of graph.nodes) {
    taken.add(node.name);
    for (const name of [...node.inputs, ...node.outputs]) taken.add(name);
  }
  const nextSuffix = new Map<string, number>();
  return (wanted) => {
    let name = wanted;
    let suffix = nextSuffix.get(wanted) ?? 2;
    while (name === '' || taken.has(name)) name = `${wanted}_${suffix++}`;
    nextSuffix.set(wanted, suffix);
    taken.add(name);
    return name;
  };
}
