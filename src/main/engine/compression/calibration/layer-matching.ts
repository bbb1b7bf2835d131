import type { Graph, Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import type { ChannelValue } from './channel-moments';

/** A layer with the value it gives before any activation. */
export interface LayerSite {
  node: Node;
  /** The batch norm that follows where it is not folded: then it gives the value, and holds the bias. */
  norm?: Node;
  value: ChannelValue;
}

const layerOps = new Set(['Conv', 'Gemm']);

/** The layers of a float or QDQ graph that have a bias, in graph order. */
function layerSites(graph: Graph): LayerSite[] {
  const index = indexGraph(graph);
  return graph.nodes.flatMap((node): LayerSite[] => {
    if (!layerOps.has(node.op) || node.domain !== '') return [];
    // A network that computes in float16 has no float32 values to compare.
    if (graph.initializers.get(node.inputs[1] ?? '')?.type === 'float16') return [];
    const next = index.soleConsumer(node.outputs[0]!);
    const norm = next?.op === 'BatchNormalization' && next.inputs[0] === node.outputs[0] ? next : undefined;
    return [{ node, norm, value: { name: (norm ?? node).outputs[0]!, isSpatial: node.op === 'Conv' } }];
  });
}

/** The batch norms with constant statistics that stand on their own, not behind a layer: each gives a value and has a bias. */
function normSites(graph: Graph): LayerSite[] {
  const behind = new Set(layerSites(graph).map(({ norm }) => norm));
  return graph.nodes.flatMap((node): LayerSite[] =>
    node.op === 'BatchNormalization' && node.domain === '' && !behind.has(node)
      ? [{ node, norm: node, value: { name: node.outputs[0]!, isSpatial: true } }]
      : [],
  );
}

/** Layers and the batch norms among them, in graph order. */
export function sitesWithNorms(graph: Graph): LayerSite[] {
  const order = new Map(graph.nodes.map((node, at) => [node, at]));
  const sites = [...layerSites(graph), ...normSites(graph)];
  return sites.sort((a, b) => order.get(a.node)! - order.get(b.node)!);
}

/**
 * Layers of two forms of one network, by the names of their nodes, which techniques keep; by their order where a network came without
 * names and both have equally many.
 */
export function matchLayers(
  reference: Graph,
  graph: Graph,
  sitesOf = layerSites,
): { reference: LayerSite; site: LayerSite }[] {
  const [known, sites] = [sitesOf(reference), sitesOf(graph)];
  const names = new Map(known.map((site) => [site.node.name, site]));
  names.delete('');
  if (names.size < known.length) {
    const sameKinds = known.length === sites.length && known.every((site, at) => site.node.op === sites[at]!.node.op);
    return sameKinds ? sites.map((site, at) => ({ reference: known[at]!, site })) : [];
  }
  return sites.flatMap((site) => {
    const found = names.get(site.node.name);
    return found?.node.op === site.node.op ? [{ reference: found, site }] : [];
  });
}
