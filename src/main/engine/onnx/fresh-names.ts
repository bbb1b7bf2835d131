import type { Graph } from './graph';
import { everyGraph } from './subgraphs';

function usedNames(graph: Graph): Set<string> {
  const used = new Set<string>();
  for (const { initializers, inputs, outputs, nodes } of everyGraph(graph)) {
    for (const name of initializers.keys()) used.add(name);
    for (const value of [...inputs, ...outputs]) used.add(value.name);
    for (const node of nodes) for (const name of [node.name, ...node.inputs, ...node.outputs]) used.add(name);
  }
  return used;
}

const digits = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** 0 -> "a", 51 -> "Z", 52 -> "aa", ...: every byte of a name is stored each time the name is used. */
function shortName(index: number): string {
  let name = '';
  for (let rest = index; rest >= 0; rest = Math.floor(rest / digits.length) - 1)
    name = digits[rest % digits.length]! + name;
  return name;
}

/** Makes names that no value and no node of the graph has, and never the same twice. Names that others add meanwhile are not seen. */
export class FreshNames {
  private readonly used: Set<string>;
  private readonly suffixes = new Map<string, number>();
  private index = 0;

  constructor(graph: Graph) {
    this.used = usedNames(graph);
  }

  /** The name wanted or, where it is taken or empty, that with a number: `conv1_scale`, `conv1_scale_2`, ... */
  like(wanted: string): string {
    let name = wanted;
    let suffix = this.suffixes.get(wanted) ?? 2;
    while (name === '' || this.used.has(name)) name = `${wanted}_${suffix++}`;
    this.suffixes.set(wanted, suffix);
    this.used.add(name);
    return name;
  }

  /** A name as short as possible. */
  next(): string {
    for (;;) {
      const name = shortName(this.index++);
      if (this.used.has(name)) continue;
      this.used.add(name);
      return name;
    }
  }
}

/**
 * Renames all values but the graph's inputs and outputs as shortly as possible, in place. Names of nodes stay: they are what people
 * know layers by.
 */
export function shortenValueNames(graph: Graph): void {
  const kept = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
  const renamed = new Map<string, string>([['', '']]);
  let index = 0;
  const shorten = (name: string): string => {
    if (kept.has(name)) return name;
    let short = renamed.get(name);
    if (short === undefined) {
      do short = shortName(index++);
      while (kept.has(short));
      renamed.set(name, short);
    }
    return short;
  };
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map(shorten);
    node.outputs = node.outputs.map(shorten);
  }
  graph.initializers = new Map([...graph.initializers].map(([name, tensor]) => [shorten(name), tensor]));
}
