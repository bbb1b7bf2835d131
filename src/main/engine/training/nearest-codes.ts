import { nearestCentre } from '../compression/algebra/k-means';
import type { Codebook } from '../compression/storage/codebook';

/** The entries of one row in ascending order, with their codes. */
interface Order {
  values: Float32Array;
  codes: number[];
  /** Where each code is in that order. */
  ranks: Uint16Array;
}

function orderOf(entries: Float32Array): Order {
  const codes = Array.from(entries.keys()).sort((a, b) => entries[a]! - entries[b]!);
  const ranks = new Uint16Array(codes.length);
  codes.forEach((code, rank) => (ranks[code] = rank));
  return { values: Float32Array.from(codes, (code) => entries[code]!), codes, ranks };
}

/** Each row of a codebook with where its codes begin. */
function* rowsOf(
  { rows, rowLength, entries }: Codebook,
  values: Float32Array,
): Generator<{ order: Order; start: number; end: number }> {
  for (let row = 0; row < rows; row++)
    yield {
      order: orderOf(values.subarray(row * entries, (row + 1) * entries)),
      start: row * rowLength,
      end: (row + 1) * rowLength,
    };
}

/**
 * Gives each weight the code of the entry nearest to it, in place. A code that stands for the same value as before stays.
 * @param values the entries `[rows, entries]`
 * @param isKept tells codes that never change, such as those of pruned weights
 */
export function takeNearestCodes(
  book: Codebook,
  values: Float32Array,
  weights: Float32Array,
  codes: Float32Array | Uint8Array,
  isKept: (index: number) => boolean,
): void {
  const last = Math.min(weights.length, codes.length);
  for (const { order, start, end } of rowsOf(book, values))
    for (let index = start; index < Math.min(end, last); index++) {
      if (isKept(index)) continue;
      const at = nearestCentre(order.values, weights[index]!);
      const own = order.ranks[codes[index]!]!;
      if (order.values[own] !== order.values[at]) codes[index] = order.codes[at]!;
    }
}

/** Weights begin no farther from their entry than this share of the way to where another is as near: a little noise changes no code. */
const innermost = 0.5;

/** The weights moved, where they must be, to where their codes are clearly the nearest. @param values the entries `[rows, entries]` */
export function withinCells(
  book: Codebook,
  values: Float32Array,
  weights: Float32Array,
  codes: Uint8Array,
): Float32Array {
  const moved = weights.slice();
  for (const { order, start, end } of rowsOf(book, values))
    for (let index = start; index < Math.min(end, codes.length); index++) {
      const at = order.ranks[codes[index]!]!;
      const own = order.values[at]!;
      const reach = (neighbour: number | undefined): number =>
        neighbour === undefined ? Infinity : (innermost * Math.abs(neighbour - own)) / 2;
      const [below, above] = [reach(order.values[at - 1]), reach(order.values[at + 1])];
      moved[index] = Math.min(own + above, Math.max(own - below, weights[index]!));
    }
  return moved;
}
