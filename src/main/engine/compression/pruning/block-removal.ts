import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { bypassBlock, residualBlocks, type ResidualBlock } from '../../onnx/residual-blocks';
import type { TechniqueContext } from '../calibration/technique-context';
import { OutputLoss } from '../reconstruction/output-loss';
import { refitBeforeBlock } from '../reconstruction/residual-refit';

/** Images on which the influence of a block is measured. */
const influenceImages = 64;

export interface RemovedBlock {
  name: string;
  /** Divergence of the answers without this block and those removed before, in nats. */
  loss: number;
  isRefitted: boolean;
}

export interface BlockRemovalOptions {
  /** Rounds in which blocks go, at most as many as blocks. */
  steps: number;
  refit: boolean;
  images: number;
  id: string;
  context: TechniqueContext;
}

/**
 * Bypasses `count` residual blocks: always those without which the answers, measured with each alone gone, change least; what remains is measured
 * anew before the next round. With `refit`, the layer before each takes over what it can.
 */
export async function removeBlocks(
  float: Graph,
  count: number,
  { steps, refit, images, id, context }: BlockRemovalOptions,
): Promise<{ graph: Graph; removed: RemovedBlock[] }> {
  let left = residualBlocks(float);
  const loss = await OutputLoss.of(float, influenceImages, context, id);
  const removed: RemovedBlock[] = [];
  let graph = float;
  const rounds = Math.min(steps, count);
  for (let round = 1; round <= rounds; round++) {
    const drifts = new Map<ResidualBlock, number>();
    for (const [at, block] of left.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('weighing blocks', (round - 1) * left.length + at, rounds * left.length);
      drifts.set(block, await loss.measure(bypassBlock(graph, block)));
    }
    const ranked = [...left].sort((a, b) => drifts.get(a)! - drifts.get(b)!);
    const wanted = Math.round((count * round) / rounds) - removed.length;
    for (const block of ranked.slice(0, wanted)) {
      graph = bypassBlock(graph, block);
      const refitted = refit ? await refitBeforeBlock(graph, float, block, images, { id, context }) : undefined;
      graph = refitted ?? graph;
      removed.push({ name: block.name, loss: drifts.get(block)!, isRefitted: refitted !== undefined });
    }
    left = left.filter((block) => !ranked.slice(0, wanted).includes(block));
  }
  return { graph, removed };
}
