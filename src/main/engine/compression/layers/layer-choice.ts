import { AppError } from '@shared/errors';
import type { Graph, Node } from '../../onnx/graph';
import { weightLayers } from './weight-layers';

/** Which nodes a technique leaves alone. */
export interface LayerChoice {
  /** Names of nodes; `*` stands for any characters. */
  exclude: readonly string[];
  /** Operator types such as "Gemm". */
  excludeTypes: readonly string[];
  /** The first layer with weights stays as it is. */
  keepFirst: boolean;
  keepLast: boolean;
}

const matcher = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

/** The nodes left alone. Throws `technique.params` for a name or type that nothing in the network has. */
export function excludedNodes(graph: Graph, choice: LayerChoice, id: string, parameter = 'exclude'): Set<Node> {
  const excluded = new Set<Node>();
  const take = (asked: string, wanted: string, fits: (node: Node) => boolean): void => {
    const found = graph.nodes.filter(fits);
    if (found.length === 0) {
      const layers = weightLayers(graph).map(({ node }) => `"${node.name}"`);
      const shown = [...layers.slice(0, 3), ...(layers.length > 3 ? ['...'] : [])].join(', ');
      const detail = `nothing in the network fits "${wanted}" of "${asked}" (its layers are ${shown})`;
      throw new AppError('technique.params', { id, detail });
    }
    for (const node of found) excluded.add(node);
  };
  for (const pattern of choice.exclude) {
    const expression = matcher(pattern);
    take(parameter, pattern, (node) => expression.test(node.name));
  }
  for (const type of choice.excludeTypes) take('excludeTypes', type, (node) => node.op === type);
  const layers = weightLayers(graph);
  if (choice.keepFirst && layers.length > 0) excluded.add(layers[0]!.node);
  if (choice.keepLast && layers.length > 0) excluded.add(layers.at(-1)!.node);
  return excluded;
}
