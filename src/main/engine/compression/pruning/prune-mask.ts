import { markSmallest } from '../algebra/magnitude-selection';
import { keptOf, type PrunePattern, type PruneUnits } from './prune-pattern';

/** One layer's weights as pruning sees them. Scores are not negative; the lowest go first. */
export interface ScoredLayer {
  /** In the order of the rows. */
  scores: Float32Array;
  units: PruneUnits;
}

/** Mean score of each unit, so that units of different sizes compare. */
function unitScores({ scores, units: { unitOf, sizes } }: ScoredLayer): Float32Array {
  if (!unitOf) return scores;
  const sums = new Float64Array(sizes.length);
  for (let index = 0; index < scores.length; index++) sums[unitOf[index]!]! += scores[index]!;
  return Float32Array.from(sums, (sum, unit) => sum / sizes[unit]!);
}

/** The weights of each n:m unit beyond those that stay; of equal scores the first go first. */
function maskWithinUnits(
  { scores, units: { unitOf, sizes } }: ScoredLayer,
  pattern: { kept: number; of: number },
): Uint8Array {
  const members = new Uint32Array(sizes.length * pattern.of);
  const filled = new Uint8Array(sizes.length);
  unitOf!.forEach((unit, index) => (members[unit * pattern.of + filled[unit]!++] = index));
  const mask = new Uint8Array(scores.length);
  for (const [unit, size] of sizes.entries()) {
    const ranked = members.subarray(unit * pattern.of, unit * pattern.of + size);
    ranked.sort((a, b) => scores[a]! - scores[b]! || a - b);
    for (const index of ranked.subarray(0, size - keptOf(pattern, size))) mask[index] = 1;
  }
  return mask;
}

/**
 * Masks (1 = becomes zero) over layers whose weights compete: the units of lowest mean score, as many as come nearest to `zeros` weights.
 * An n:m pattern has its own number of zeros.
 */
export function pruneMasks(layers: readonly ScoredLayer[], pattern: PrunePattern, zeros: number): Uint8Array[] {
  if (pattern.kind === 'n:m') return layers.map((layer) => maskWithinUnits(layer, pattern));
  const marks = markSmallest(
    layers.map(unitScores),
    zeros,
    layers.map(({ units }) => units.sizes),
  );
  return layers.map(({ scores, units: { unitOf } }, index) => {
    const marked = marks[index]!;
    return unitOf ? new Uint8Array(scores.length).map((_, weight) => marked[unitOf[weight]!]!) : marked;
  });
}
