import { AppError } from '@shared/errors';
import type { Graph, Node } from '../../onnx/graph';
import { weightLayers } from './weight-layers';

/** Which nodes a technique leaves alone. */
export interface LayerChoice {
  /** Names of nodes; `*` stands for any characters. */
  exclude: readonly string[];
  /** Operator types such as "Gemm". */
  excludeTypes?: readonly string[];
  /** The first layer with weights stays as it is. */
  keepFirst: boolean;
  keepLast: boolean;
}

const matcher = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

/**
 * The nodes whose names fit one of the patterns (`*` stands for any characters).
 * @param parameter where a person wrote them. Throws `technique.params` for a pattern that nothing in the network fits.
 */
export function nodesNamed(graph: Graph, patterns: readonly string[], id: string, parameter: string): Set<Node> {
  const fitting = patterns.flatMap((pattern) => {
    const expression = matcher(pattern);
    return nodesThat(graph, (node) => expression.test(node.name), id, parameter, pattern);
  });
  return new Set(fitting);
}

/** The nodes left alone. Throws `technique.params` for a name or type that nothing in the network has. */
export function nodesKept(graph: Graph, choice: LayerChoice, id: string): Set<Node> {
  const kept = nodesNamed(graph, choice.exclude, id, 'exclude');
  for (const type of choice.excludeTypes ?? [])
    for (const node of nodesThat(graph, ({ op }) => op === type, id, 'excludeTypes', type)) kept.add(node);
  const layers = weightLayers(graph);
  if (choice.keepFirst && layers.length > 0) kept.add(layers[0]!.node);
  if (choice.keepLast && layers.length > 0) kept.add(layers.at(-1)!.node);
  return kept;
}

function nodesThat(graph: Graph, fits: (node: Node) => boolean, id: string, parameter: string, wanted: string): Node[] {
  const found = graph.nodes.filter(fits);
  if (found.length > 0) return found;
  const layers = weightLayers(graph).map(({ node }) => `"${node.name}"`);
  const shown = [...layers.slice(0, 3), ...(layers.length > 3 ? ['...'] : [])].join(', ');
  const detail = `nothing in the network fits "${wanted}" of "${parameter}" (its layers are ${shown})`;
  throw new AppError('technique.params', { id, detail });
}
