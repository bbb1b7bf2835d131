import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { bypassBlock, residualBlocks, type ResidualBlock } from '../../onnx/residual-blocks';
import type { TechniqueContext } from '../../techniques/technique';
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

/**
 * Bypasses `count` residual blocks, one after the other: always the one without which the answers, measured with it alone gone, change least; what
 * remains is measured anew. With `refit`, the layer before each takes over what it can.
 */
export async function removeBlocks(
  float: Graph,
  count: number,
  { refit, images, id, context }: { refit: boolean; images: number; id: string; context: TechniqueContext },
): Promise<{ graph: Graph; removed: RemovedBlock[] }> {
  const left = residualBlocks(float);
  const loss = await OutputLoss.of(float, influenceImages, context, id);
  const removed: RemovedBlock[] = [];
  let graph = float;
  const total = left.length * count - (count * (count - 1)) / 2;
  let measured = 0;
  while (removed.length < count) {
    let best: { block: ResidualBlock; loss: number } | undefined;
    for (const block of left) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('weighing blocks', measured++, total);
      const drift = await loss.measure(bypassBlock(graph, block));
      if (!best || drift < best.loss) best = { block, loss: drift };
    }
    const { block, loss: drift } = best!;
    left.splice(left.indexOf(block), 1);
    graph = bypassBlock(graph, block);
    const refitted = refit ? await refitBeforeBlock(graph, float, block, images, { id, context }) : undefined;
    graph = refitted ?? graph;
    removed.push({ name: block.name, loss: drift, isRefitted: refitted !== undefined });
  }
  return { graph, removed };
}
