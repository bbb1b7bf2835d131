import { createHash } from 'node:crypto';
import { encodeParts } from '../../onnx/encode';
import type { Graph } from '../../onnx/graph';
import type { TechniqueContext } from '../../techniques/technique';
import { OutputLoss } from '../reconstruction/output-loss';

/** Raise it when the same network and images would give other numbers. */
const damageVersion = 1;
const damageImages = 32;

/** The network is what it computes; which steps made it, and what they said of it, is not. */
function hashOf(graph: Graph): string {
  const hash = createHash('sha256');
  for (const part of encodeParts({ ...graph, metadata: {} })) hash.update(part);
  return hash.digest('hex');
}

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
  return context.cached(['layer-damage', damageVersion, hashOf(graph), key], async () => {
    const loss = await OutputLoss.of(graph, damageImages, context, id);
    const damages: number[] = [];
    for (const change of changes) {
      context.progress('measuring layers', damages.length, changes.length);
      damages.push(await loss.measure(change()));
    }
    return damages;
  });
}
