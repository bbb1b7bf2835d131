import { z } from 'zod';
import type { Graph, Node } from './graph';
import { makeNode } from './make';
import { hasBranches } from './subgraphs';

/**
 * Where a file says which share of the images that come to an `If` its condition holds for: JSON, by the names of these nodes. Whoever made the
 * file found it on images that nothing was learned of.
 */
export const branchMetadata = 'whittle.branches';

const sharesSchema = z.record(z.string(), z.number().min(0).max(1));

/** The shares of `branchMetadata`; none where there are none or they are damaged. */
function branchShares({ metadata }: Pick<Graph, 'metadata'>): ReadonlyMap<string, number> {
  try {
    return new Map(Object.entries(sharesSchema.parse(JSON.parse(metadata[branchMetadata] ?? '{}'))));
  } catch {
    return new Map();
  }
}

export interface Straightened {
  graph: Graph;
  /** For which share of all images a node runs; 1 for those that are not in it. */
  shares: ReadonlyMap<Node, number>;
}

/**
 * The nodes of all branches in one list, in place of each `If`, whose results are those of its second branch: for facts of the network, not to be
 * run. Where nothing is known of a condition, it never holds.
 */
export function straighten(graph: Graph): Straightened {
  const shares = new Map<Node, number>();
  if (!hasBranches(graph)) return { graph, shares };
  const known = branchShares(graph);
  const initializers = new Map(graph.initializers);
  const listed = (nodes: readonly Node[], share: number): Node[] =>
    nodes.flatMap((node) => {
      const { then_branch: then, else_branch: otherwise } = node.attributes;
      if (then?.type !== 'graph' || otherwise?.type !== 'graph') {
        shares.set(node, share);
        return [node];
      }
      const left = known.get(node.name) ?? 0;
      for (const { value } of [then, otherwise])
        for (const [name, tensor] of value.initializers) initializers.set(name, tensor);
      return [
        ...listed(then.value.nodes, share * left),
        ...listed(otherwise.value.nodes, share * (1 - left)),
        ...node.outputs.map((output, at) => makeNode('Identity', [otherwise.value.outputs[at]!.name], [output])),
      ];
    });
  return { graph: { ...graph, nodes: listed(graph.nodes, 1), initializers }, shares };
}
