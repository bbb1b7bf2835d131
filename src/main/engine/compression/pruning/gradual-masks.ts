import { markSmallest } from '../algebra/magnitude-selection';
import { pruneMasks, type ScoredLayer } from './prune-mask';
import type { PrunePattern } from './prune-pattern';

/** What masks come to in the end. */
export interface MaskGoal {
  pattern: PrunePattern;
  /** Weights of all layers that become zero; an n:m pattern has its own number. */
  zeros: number;
  /** Whether weights compete across layers, or within each, all losing the same share. */
  scope: 'global' | 'local';
}

/**
 * The share of the zeros at a step: 1 - (1 - step / steps)^3, from none to all (Zhu and Gupta 2017, "To prune, or not to prune: exploring the
 * efficacy of pruning for model compression").
 */
export const cubicShare = (step: number, steps: number): number => (step >= steps ? 1 : 1 - (1 - step / steps) ** 3);

/** Masks (1 = becomes zero) with a share of the zeros: the lowest scores of what the goal would take now. */
export function masksAt(layers: readonly ScoredLayer[], { pattern, zeros, scope }: MaskGoal, share = 1): Uint8Array[] {
  if (scope === 'global') return partialMasks(layers, pattern, zeros, share);
  const total = layers.reduce((sum, { scores }) => sum + scores.length, 0);
  return layers.flatMap((layer) => partialMasks([layer], pattern, (zeros / total) * layer.scores.length, share));
}

function partialMasks(
  layers: readonly ScoredLayer[],
  pattern: PrunePattern,
  zeros: number,
  share: number,
): Uint8Array[] {
  if (pattern.kind !== 'n:m') return pruneMasks(layers, pattern, Math.round(share * zeros));
  const whole = pruneMasks(layers, pattern, 0);
  if (share === 1) return whole;
  const count = whole.reduce((sum, mask) => sum + mask.reduce((ones, one) => ones + one, 0), 0);
  const scores = layers.map((layer, at) => layer.scores.map((score, index) => (whole[at]![index] ? score : Infinity)));
  return markSmallest(scores, Math.round(share * count));
}
