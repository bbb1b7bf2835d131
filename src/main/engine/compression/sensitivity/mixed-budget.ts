import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import type { AgreementJudge } from '../calibration/agreement-judge';
import type { Allocation, BitAllocator } from './bit-allocation';
import type { RoundingLoss } from './rounding-losses';
import type { StoredBytes } from '../quantization/stored-bytes';

/** A written network, its allocation and its size. */
export interface Written extends Allocation {
  graph: Graph;
  reachedBytes: number;
}

export interface BudgetSearch {
  id: string;
  /** Its name, for messages. */
  model: string;
  allocator: BitAllocator;
  bytes: StoredBytes;
  /** 8 bits in every layer. */
  largest: Allocation;
  write(allocation: Allocation): Promise<Graph>;
}

const mostWrites = 6;
/** Bytes by which a file may turn out larger than predicted without being written again. */
const slackBytes = 64;
/** A top-1 budget is met closely enough when a file this much smaller breaks it. */
const sizeTolerance = 1.015;

const integer = (value: number): string => Math.round(value).toLocaleString('en-US');

async function written({ write, bytes }: BudgetSearch, allocation: Allocation): Promise<Written> {
  const graph = await write(allocation);
  return { ...allocation, graph, reachedBytes: bytes.bytesWritten(graph) };
}

/**
 * The network with the least expected loss in a file of at most `budget` bytes. Where a written file is larger than predicted, as sparsely
 * stored layers can be, the budget is lowered by what it was over, and the network written again.
 * Throws `technique.not-applicable` with the smallest size where nothing fits.
 */
export async function writeWithin(search: BudgetSearch, budget: number): Promise<Written> {
  const { allocator, largest, id, model } = search;
  const smallest = allocator.smallest();
  if (smallest.bytes > budget) {
    const detail = `the smallest file it can write, ${integer(smallest.bytes)} bytes, is larger than the budget of ${integer(budget)} bytes`;
    throw new AppError('technique.not-applicable', { id, model, detail });
  }
  let limit = budget;
  for (let attempt = 0; attempt < mostWrites; attempt++) {
    const allocation = largest.bytes <= limit ? largest : (allocator.within(limit - slackBytes) ?? smallest);
    const result = await written(search, allocation);
    if (result.reachedBytes <= budget) return result;
    limit = Math.min(limit, allocation.bytes) - (result.reachedBytes - budget);
  }
  const detail = `no file it wrote fits the budget of ${integer(budget)} bytes; allow a few percent more`;
  throw new AppError('technique.failed', { id, detail });
}

/**
 * By how many points agreement drops for a loss: noise on the class scores changes the class of images in proportion to its size, and the
 * divergence grows with the square of that. Fitted to layers rounded alone.
 */
export function dropPerRootLoss(losses: readonly RoundingLoss[]): number {
  let [above, below] = [0, 0];
  for (const { divergence, agreement } of losses.flatMap(({ probes }) => probes)) {
    above += Math.sqrt(divergence) * (100 - agreement);
    below += divergence;
  }
  return below > 0 && above > 0 ? above / below : 1;
}

/**
 * The smallest network found whose class differs from the float network's on at most `maxDrop` percent of the calibration images: the
 * size is guessed from the losses, then corrected by what was measured, between a size that is too small and one that is enough.
 * Throws `technique.failed` where 8 bits in every layer are not enough.
 */
export async function writeWithinDrop(
  search: BudgetSearch,
  maxDrop: number,
  rate: number,
  judge: AgreementJudge,
): Promise<Written & { drop: number }> {
  const { allocator, largest, id } = search;
  const smallest = allocator.smallest();
  let [low, high] = [smallest.bytes, largest.bytes];
  let best: (Written & { drop: number }) | undefined;
  const attempt = async (allocation: Allocation): Promise<number> => {
    const result = await written(search, allocation);
    const drop = 100 - (await judge.agreementOf(result.graph));
    if (drop <= maxDrop && !(best && best.reachedBytes <= result.reachedBytes)) best = { ...result, drop };
    return drop;
  };
  let wanted = (maxDrop / rate) ** 2;
  for (let writes = 0; writes < mostWrites && high > low * sizeTolerance; writes++) {
    let budget = allocator.forLoss(wanted, smallest.bytes, largest.bytes);
    if (budget <= low || budget >= high) budget = Math.round(Math.sqrt(low * high));
    const allocation = allocator.within(budget) ?? smallest;
    const drop = await attempt(allocation);
    if (drop <= maxDrop) high = Math.min(budget, allocation.bytes);
    else low = budget;
    const correction = drop > 0 ? (maxDrop / drop) ** 2 : 4;
    wanted = allocation.loss * Math.min(4, Math.max(0.25, correction));
  }
  if (best) return best;
  const drop = await attempt(largest);
  if (best) return best;
  const detail = `with 8 bits in every layer the class differs from the float network's on ${drop.toFixed(1)} % of ${judge.images} calibration images, more than maxDrop ${maxDrop} allows`;
  throw new AppError('technique.failed', { id, detail });
}
