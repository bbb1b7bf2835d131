import { inverseDiagonal } from '../algebra/cholesky';
import type { MatrixProducts } from '../algebra/matrix-products';
import { markSmallest } from '../algebra/magnitude-selection';
import { pruneMasks, type ScoredLayer } from './prune-mask';
import { pruneUnits, type PrunePattern } from './prune-pattern';
import { weightRows } from '../layers/weight-rows';
import type { GroupProblem, LayerProblem, WideProblem } from '../reconstruction/second-order';
import { dampedGram, fitMasked, type DampedGram } from '../reconstruction/sparse-reconstruction';

/**
 * Second-order pruning of one layer. The saliency of a weight is what losing it adds to the output error once all others make up for it:
 * w^2 / [H^-1]_ii (Hassibi, Stork 1993, "Optimal Brain Surgeon"). Weights go in a few steps of shrinking size (the cubic schedule of Zhu,
 * Gupta 2017); after each the rest is fitted again and scored anew.
 */
const iterationsBetween = 4;
const lastIterations = 16;

interface FittedGroup {
  weights: GroupProblem['target'];
  target: GroupProblem['target'];
  gram: DampedGram;
  /** [H^-1]_ii in the order of the columns. */
  inverse: Float32Array;
}

/** [H^-1]_ii in the order of the columns. */
async function inverseOf({ factor: { lower, order } }: GroupProblem, products: MatrixProducts): Promise<Float32Array> {
  const ordered = await inverseDiagonal(lower, products);
  const inverse = new Float32Array(ordered.length);
  ordered.forEach((value, position) => (inverse[order[position]!] = value));
  return inverse;
}

/** What the mean squared output of a layer loses with each weight when the others make up for it: w^2 / [H^-1]_ii, in the order of the rows. */
export async function layerSaliencies({ rows, groups, count, products }: LayerProblem): Promise<Float32Array> {
  const { columns } = rows;
  const perGroup = rows.data.length / groups.length;
  const saliencies = new Float32Array(rows.data.length);
  for (const [group, problem] of groups.entries()) {
    const inverse = await inverseOf(problem, products);
    problem.target.data.forEach((value, index) => {
      saliencies[group * perGroup + index] = (value * value) / inverse[index % columns]! / count;
    });
  }
  return saliencies;
}

async function fittedGroup(problem: GroupProblem, products: MatrixProducts): Promise<FittedGroup> {
  const inverse = await inverseOf(problem, products);
  const { target, gram } = problem;
  return { weights: { ...target, data: target.data.slice() }, target, gram: dampedGram(gram), inverse };
}

/** The mask on the way to a pattern, when `share` of its zeros are taken: an n:m pattern is filled where that costs least. */
function maskOnTheWay(scored: ScoredLayer, pattern: PrunePattern, zeros: number, share: number): Uint8Array {
  if (pattern.kind !== 'n:m') return pruneMasks([scored], pattern, Math.round(share * zeros))[0]!;
  const [whole] = pruneMasks([scored], pattern, zeros);
  const last = whole!.reduce((sum, value) => sum + value, 0);
  const candidates = scored.scores.map((score, index) => (whole![index] === 1 ? score : Infinity));
  return markSmallest([candidates], Math.round(share * last))[0]!;
}

/** 1 where the layer has a zero: it stays, although the targets, which make up for errors of the layers before, are not zero there. */
const zerosOf = ({ layer }: LayerProblem): Uint8Array =>
  Uint8Array.from(weightRows(layer).data, (value) => (value === 0 ? 1 : 0));

/**
 * The rows of a layer with `zeros` of its weights (n:m: as many as the pattern says) zero and the others made up for that. Zeros
 * that an earlier step left are among them, and stay where they are more.
 */
export async function pruneLayer(
  problem: LayerProblem,
  pattern: PrunePattern,
  zeros: number,
  steps: number,
): Promise<Float32Array> {
  const { layer, rows, products } = problem;
  const units = pruneUnits(pattern, layer, rows);
  const groups: FittedGroup[] = [];
  for (const group of problem.groups) groups.push(await fittedGroup(group, products));
  const perGroup = rows.data.length / groups.length;
  const scores = new Float32Array(rows.data.length);
  const stay = zerosOf(problem);
  for (let step = 1; step <= steps; step++) {
    const share = 1 - (1 - step / steps) ** 3;
    groups.forEach(({ weights: { data, columns }, inverse }, group) =>
      data.forEach((value, index) => (scores[group * perGroup + index] = (value * value) / inverse[index % columns]!)),
    );
    stay.forEach((stays, index) => {
      if (stays) scores[index] = 0;
    });
    const mask = maskOnTheWay({ scores, units }, pattern, zeros, share);
    stay.forEach((stays, index) => (mask[index]! |= stays));
    for (const [group, { weights, target, gram }] of groups.entries()) {
      const own = mask.subarray(group * perGroup, (group + 1) * perGroup);
      await fitMasked(weights, target, own, gram, step === steps ? lastIterations : iterationsBetween, products);
    }
  }
  const result = new Float32Array(rows.data.length);
  groups.forEach(({ weights }, group) => result.set(weights.data, group * perGroup));
  return result;
}

/** The same where only the diagonal of H is known: nothing makes up for a weight, so that all go at once. */
export function wideSaliencies({ rows: { data, columns }, importance }: WideProblem): Float32Array {
  const saliencies = new Float32Array(data.length);
  for (let from = 0; from < data.length; from += columns)
    for (let column = 0; column < columns; column++)
      saliencies[from + column] = data[from + column]! ** 2 * importance[column]!;
  return saliencies;
}

/**
 * The rows of a wide layer with `zeros` of its weights zero and the others as they are. Zeros that an earlier step left carry nothing, and so are
 * among them.
 */
export function pruneWideLayer(
  { layer, rows }: Pick<WideProblem, 'layer' | 'rows'>,
  pattern: PrunePattern,
  zeros: number,
  scores: Float32Array,
): Float32Array {
  const [mask] = pruneMasks([{ scores, units: pruneUnits(pattern, layer, rows) }], pattern, zeros);
  return rows.data.map((value, index) => (mask![index] === 1 ? 0 : value));
}
