import type { Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';
import { numbersFrom } from '../techniques/small-networks';

export function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const random = numbersFrom(seed);
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, () => random() * 2 - 1) };
}

/** X X^T / samples of correlated inputs. */
export function gramOf(columns: number, samples: number, seed: number): Matrix {
  const inputs = randomMatrix(columns, samples, seed);
  for (let row = 1; row < columns; row++)
    for (let at = 0; at < samples; at++)
      inputs.data[row * samples + at]! += 0.7 * inputs.data[(row - 1) * samples + at]!;
  const data = new Float32Array(columns * columns);
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let at = 0; at < samples; at++) sum += inputs.data[i * samples + at]! * inputs.data[j * samples + at]!;
      data[i * columns + j] = sum / samples;
    }
  return { rows: columns, columns, data };
}

/** Solves a x = b by Gaussian elimination. */
export function solve(a: number[][], b: number[]): number[] {
  const rows = a.map((row, at) => [...row, b[at]!]);
  rows.forEach((pivot, at) => {
    rows.forEach((row, other) => {
      if (other === at) return;
      const factor = row[at]! / pivot[at]!;
      for (let column = at; column < row.length; column++) row[column]! -= factor * pivot[column]!;
    });
  });
  return rows.map((row, at) => row.at(-1)! / row[at]!);
}
