import type { Matrix } from '../algebra/matrix-products';
import type { GramExtent } from './gram';
import type { InputColumns } from './input-columns';

/** How much of what different columns have in common is believed: the more, the more samples there are for each column. */
export const believedShare = (columns: number, count: number): number => count / (columns + count);

/** Columns beyond which H takes more than 1 GB, and the share of what they have in common that has to be believed for it. */
const [manyColumns, leastBelieved] = [16_384, 0.05];

/**
 * How much of H a layer's sums are of. Of a first layer behind flattened maps, which has 25,000 inputs and one sample an image, H would take
 * gigabytes; making up for errors could save no more than the share of them that is believed, and the diagonal tells the rest.
 */
export const gramExtent = ({ groups, columns, samples }: InputColumns): GramExtent =>
  groups === 1 && columns > manyColumns && believedShare(columns, samples) < leastBelieved ? 'diagonal' : 'whole';

/**
 * H moved towards its diagonal D, the more the fewer samples it has per column: directions in which few calibration images happen to have
 * nothing must not take all the error. (Shrinkage as of Ledoit and Wolf 2004, with the share s simplified to samples / (columns + samples).)
 * s H + (1 - s) D = s (H + columns / samples D): who solves with it shrinks the other side by s as well, or else goes 1 / s times too far.
 */
export function shrunkGram(gram: Matrix, count: number): Matrix {
  return shrinkGram({ ...gram, data: gram.data.slice() }, count);
}

/** The same in place, for those who need the sums no more: H of a wide layer is larger than its weights. */
export function shrinkGram(gram: Matrix, count: number): Matrix {
  const { columns, data } = gram;
  const share = believedShare(columns, count);
  const diagonal = Float32Array.from({ length: columns }, (_, index) => data[index * (columns + 1)]!);
  for (let index = 0; index < data.length; index++) data[index]! *= share;
  for (const [index, value] of diagonal.entries()) data[index * (columns + 1)] = value;
  return gram;
}
