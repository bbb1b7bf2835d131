import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { bypassBlock, residualBlocks, type ResidualBlock } from '../../onnx/residual-blocks';
import type { TechniqueContext } from '../calibration/technique-context';
import { latencyTable } from '../latency/layer-latency';
import { OutputLoss } from '../reconstruction/output-loss';
import { refitBeforeBlock } from '../reconstruction/residual-refit';

/** Milliseconds that a block takes at least, so that one without a measured layer can be compared. */
const least = 1e-6;

/** Images on which the influence of a block is measured. */
const influenceImages = 64;

export interface RemovedBlock {
  name: string;
  /** Divergence of the answers without this block and those removed before, in nats. */
  loss: number;
  isRefitted: boolean;
}

export interface BlockRemoval {
  graph: Graph;
  removed: RemovedBlock[];
  /** Whether all blocks are gone and the layers still take more time than was wanted. */
  isShort: boolean;
}

/** How many blocks go: a number, or as many as it takes until the layers need so much of their time on this machine. */
export type BlocksToRemove = { count: number } | { latency: number };

export interface BlockRemovalOptions {
  /** Rounds in which blocks go, at most as many as blocks; where time decides they go one by one. */
  steps: number;
  refit: boolean;
  images: number;
  id: string;
  context: TechniqueContext;
}

/** What is to go, and what a block takes along of it: one of so many blocks, or its milliseconds. */
async function goalOf(
  float: Graph,
  wanted: BlocksToRemove,
  context: TechniqueContext,
): Promise<{ goal: number; saved(block: ResidualBlock): number }> {
  if ('count' in wanted) return { goal: wanted.count, saved: () => 1 };
  const table = await latencyTable(float, context);
  const saved = ({ nodes }: ResidualBlock): number => nodes.reduce((sum, node) => sum + table.current(node), least);
  return { goal: (1 - wanted.latency) * table.total(), saved };
}

/**
 * Bypasses residual blocks: always those without which the answers, measured with each alone gone, change least, or least for the
 * milliseconds that they take, where time is what is wanted; what remains is measured anew before the next round. With `refit`, the layer
 * before each takes over what it can.
 */
export async function removeBlocks(
  float: Graph,
  wanted: BlocksToRemove,
  { steps, refit, images, id, context }: BlockRemovalOptions,
): Promise<BlockRemoval> {
  let left = residualBlocks(float);
  const loss = await OutputLoss.of(float, influenceImages, context, id);
  const removed: RemovedBlock[] = [];
  let graph = float;
  const { goal, saved } = await goalOf(float, wanted, context);
  let toGo = goal;
  const [most, rounds] = 'count' in wanted ? [wanted.count, Math.min(steps, wanted.count)] : [left.length, left.length];
  for (let round = 1; round <= rounds && toGo > 0; round++) {
    const drifts = new Map<ResidualBlock, number>();
    for (const [at, block] of left.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('weighing blocks', (round - 1) * left.length + at, rounds * left.length);
      drifts.set(block, await loss.measure(bypassBlock(graph, block)));
    }
    const costOf = (block: ResidualBlock): number => drifts.get(block)! / saved(block);
    const ranked = [...left].sort((a, b) => costOf(a) - costOf(b));
    const chosen = ranked.slice(0, Math.round((most * round) / rounds) - removed.length);
    for (const block of chosen) {
      graph = bypassBlock(graph, block);
      const refitted = refit ? await refitBeforeBlock(graph, float, block, images, { id, context }) : undefined;
      graph = refitted ?? graph;
      removed.push({ name: block.name, loss: drifts.get(block)!, isRefitted: refitted !== undefined });
      toGo -= saved(block);
    }
    left = left.filter((block) => !chosen.includes(block));
  }
  return { graph, removed, isShort: toGo > 0 };
}
