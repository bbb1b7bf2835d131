import type { Matrix } from '../algebra/matrix-products';

/** How much of what different columns have in common is believed: the more, the more samples there are for each column. */
export const believedShare = (columns: number, count: number): number => count / (columns + count);

/**
 * H moved towards its diagonal D, the more the fewer samples it has per column: directions in which few calibration images happen to have
 * nothing must not take all the error. (Shrinkage as of Ledoit and Wolf 2004, with the share s simplified to samples / (columns + samples).)
 * s H + (1 - s) D = s (H + columns / samples D): who solves with it shrinks the other side by s as well, or else goes 1 / s times too far.
 */
export function shrunkGram({ rows, columns, data }: Matrix, count: number): Matrix {
  const share = believedShare(columns, count);
  const shrunk = data.map((value) => value * share);
  for (let diagonal = 0; diagonal < data.length; diagonal += columns + 1) shrunk[diagonal] = data[diagonal]!;
  return { rows, columns, data: shrunk };
}
