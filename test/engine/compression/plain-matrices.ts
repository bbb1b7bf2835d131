import type { Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';

/** Matrices as arrays of rows, in double precision, with no other aim than to be plainly right. */
export type Rows = number[][];
export const matrix = (rows: Rows): Matrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float32Array.from(rows.flat()),
});
export const times = (a: Rows, b: Rows): Rows =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, i) => sum + value * b[i]![j]!, 0)));
export const turned = (a: Rows): Rows => a[0]!.map((_, j) => a.map((row) => row[j]!));

/** x with a x = b for each column of b, by Gauss-Jordan with pivoting. */
export function solved(a: Rows, b: Rows): Rows {
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  const size = a.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / top[column]!;
      rows[row] = rows[row]!.map((value, at) => value - factor * top[at]!);
    }
  }
  return rows.map((row, i) => row.slice(size).map((value) => value / row[i]!));
}

/** Samples as columns: r of a layer in one network and x, a disturbed copy, in another. */
export function samples(inputs: number, count: number, seed: number): { r: Rows; x: Rows } {
  const random = createRandom(seed);
  const noise = (): number => random() * 2 - 1;
  const hidden = Array.from({ length: count }, () => [noise(), noise(), noise()]);
  const r = Array.from({ length: inputs }, (_, input) =>
    hidden.map((factors) => factors[input % 3]! + 0.7 * noise() + 0.3 * (input % 4)),
  );
  return { r, x: r.map((row) => row.map((value) => 0.9 * value + 0.2 * noise() + 0.1)) };
}

export const random = (rows: number, columns: number, seed: number): Rows => {
  const next = createRandom(`weights ${seed}`);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 2 - 1));
};
