import { affineGrid, clusterGrid, isPruned, type WeightGrid } from './few-bit-grid';
import type { Matrix } from '../algebra/matrix-products';

export const weightSchemes = ['linear-symmetric', 'linear', 'kmeans'] as const;
export type WeightScheme = (typeof weightSchemes)[number];

/** A way to store a layer's weights: bits per code, and which values the codes stand for in each output channel. */
export interface WeightForm {
  bits: number;
  scheme: WeightScheme;
}

const leastBits = 2;
export const mostBits = 8;
/** A table of more entries takes more bytes than it saves in networks whose channels have some hundred weights. */
const mostTableBits = 6;

/** By bits; of equal bits the scheme that takes fewer bytes comes first. */
export function formsOf(schemes: readonly WeightScheme[]): WeightForm[] {
  const ordered = weightSchemes.filter((scheme) => schemes.includes(scheme));
  const isOnlyScheme = ordered.length === 1;
  return Array.from({ length: mostBits - leastBits + 1 }, (_, at) => leastBits + at).flatMap((bits) =>
    ordered
      .filter((scheme) => isOnlyScheme || scheme !== 'kmeans' || bits <= mostTableBits)
      .map((scheme) => ({ bits, scheme })),
  );
}

/** The values of a form fitted to weights. @param importance see `GridOptions` of the grids */
export function gridOfForm(weights: Matrix, { bits, scheme }: WeightForm, importance?: Float32Array): WeightGrid {
  const options = importance ? { bits, rowsPerGroup: 1, importance } : { bits, rowsPerGroup: 1 };
  if (scheme !== 'kmeans') return affineGrid(weights, options, scheme === 'linear-symmetric' || isPruned(weights));
  // The optimal clusters are found without random numbers.
  return clusterGrid(weights, { ...options, clusters: 2 ** bits, init: 'optimal', rng: () => 0 });
}
