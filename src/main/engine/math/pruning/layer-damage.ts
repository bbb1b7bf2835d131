import type { Graph } from '../../onnx/graph';
import type { TechniqueContext } from '../../techniques/technique';
import { networkKey } from '../calibration/network-key';
import { OutputLoss } from '../reconstruction/output-loss';

/** Raise it when the same network and images would give other numbers. */
const damageVersion = 1;
const damageImages = 32;

/**
 * How much the network's answers change on calibration images (mean KL divergence, nats) with each of the changes alone. Recipes that ask for
 * the same share the answer.
 * @param changes makes the changed networks, one at a time. @param key what the changes depend on besides the graph
 */
export function layerDamages(
  graph: Graph,
  changes: readonly (() => Graph)[],
  key: unknown,
  context: TechniqueContext,
  id: string,
): Promise<number[]> {
  return context.cached(['layer-damage', damageVersion, networkKey(graph), key], async () => {
    const loss = await OutputLoss.of(graph, damageImages, context, id);
    const damages: number[] = [];
    for (const change of changes) {
      context.progress('measuring layers', damages.length, changes.length);
      damages.push(await loss.measure(change()));
    }
    return damages;
  });
}
