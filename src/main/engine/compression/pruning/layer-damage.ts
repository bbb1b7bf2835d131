import type { Graph, Node } from '../../onnx/graph';
import type { TechniqueContext } from '../calibration/technique-context';
import { networkKey } from '../calibration/network-key';
import { OutputLoss } from '../reconstruction/output-loss';

/** One layer changed. */
export interface LayerChange {
  /** The layer, in the network as it is; nothing before it changes. */
  node: Node;
  /** Makes the changed network. */
  make(): Graph;
}

/** Raise it when the same network and images would give other numbers. */
const damageVersion = 3;
const damageImages = 32;

/**
 * How much the network's answers change on calibration images (mean KL divergence, nats) with each of the changes alone. Recipes that ask for
 * the same share the answer.
 * @param changes best in the order of the graph. @param key what the changes depend on besides the graph
 */
export function layerDamages(
  graph: Graph,
  changes: readonly LayerChange[],
  key: unknown,
  context: TechniqueContext,
  id: string,
): Promise<number[]> {
  return context.cached(['layer-damage', damageVersion, networkKey(graph), key], async () => {
    const loss = await OutputLoss.of(graph, damageImages, context, id);
    const damages: number[] = [];
    for (const { node, make } of changes) {
      context.progress('measuring layers', damages.length, changes.length);
      damages.push(await loss.measure(make(), node));
    }
    return damages;
  });
}
