import { foldBatchNorm } from './fold-batch-norm';
import { foldConstants } from './fold-constants';
import type { Graph } from './graph';
import { removeDead } from './remove-dead';
import { removeIdentities } from './remove-identities';

/**
 * The same network with fewer nodes: identities and unread nodes removed, constant arithmetic done, batch norms and
 * per-channel scales folded into the layers before them. Outputs agree up to float32 rounding. The graph that comes in
 * is not changed.
 */
export function simplify(graph: Graph): Graph {
  return [removeIdentities, foldConstants, foldBatchNorm, removeDead].reduce((result, step) => step(result), graph);
}
