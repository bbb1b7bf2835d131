import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outputError } from '../../../src/main/engine/compression/reconstruction/layer-reconstruction';
import {
  lowRankFactors,
  outputComponents,
  outputEnergies,
  spatialFactors,
  verticalMatrix,
} from '../../../src/main/engine/compression/factorization/low-rank';
import { transposed } from '../../../src/main/engine/compression/algebra/transpose-matrix';
import { MatrixProducts, type Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';
import { noise } from '../../fixtures/graphs';

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open(1);
});
afterAll(() => products.close());

const random = (rows: number, columns: number, seed: number): Matrix => ({
  rows,
  columns,
  data: noise(rows * columns, seed),
});
const identity = (size: number): Matrix => ({
  rows: size,
  columns: size,
  data: Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0)),
});

/** Of inputs whose columns differ much in size and go together. */
async function correlatedGram(columns: number, seed: number): Promise<Matrix> {
  const inputs = random(columns, 4 * columns, seed);
  for (let row = 0; row < columns; row++)
    for (let at = 0; at < inputs.columns; at++) {
      inputs.data[row * inputs.columns + at]! *= 4 / (1 + row);
      if (row > 0) inputs.data[row * inputs.columns + at]! += 0.5 * inputs.data[(row - 1) * inputs.columns + at]!;
    }
  return products.times(inputs, transposed(inputs));
}

async function merged(weights: Matrix, gram: Matrix, rank: number): Promise<Matrix> {
  const components = await outputComponents(weights, gram, products);
  const { left, right } = await lowRankFactors(weights, components, rank, products);
  expect([left.rows, left.columns, right.rows, right.columns]).toEqual([weights.rows, rank, rank, weights.columns]);
  return products.times(left, right);
}

test('by hand: diag(3, 1) on inputs of energies 1 and 25 keeps the second direction first', async () => {
  const weights: Matrix = { rows: 2, columns: 2, data: Float32Array.of(3, 0, 0, 1) };
  const gram: Matrix = { rows: 2, columns: 2, data: Float32Array.of(1, 0, 0, 25) };
  const energies = await outputEnergies(weights, gram, products);
  expect(energies[0]).toBeCloseTo(25, 4);
  expect(energies[1]).toBeCloseTo(9, 4);
  const best = await merged(weights, gram, 1);
  [0, 0, 0, 1].forEach((value, at) => expect(best.data[at]).toBeCloseTo(value, 5));
  // Without knowing the inputs it would keep the first.
  const plain = await merged(weights, identity(2), 1);
  [3, 0, 0, 0].forEach((value, at) => expect(plain.data[at]).toBeCloseTo(value, 5));
});

describe('the output error is the sum of the energies left out, whatever the shape', () => {
  test.each([
    [12, 12, 4],
    [7, 20, 3],
    [20, 7, 3],
    [9, 9, 9],
    [1, 6, 1],
  ])('%i x %i, rank %i', async (rows, columns, rank) => {
    const weights = random(rows, columns, rows);
    const gram = await correlatedGram(columns, columns + 1);
    const energies = await outputEnergies(weights, gram, products);
    const total = energies.reduce((sum, energy) => sum + energy, 0);
    const tail = energies.slice(rank).reduce((sum, energy) => sum + energy, 0);
    const best = await merged(weights, gram, rank);
    expect(outputError(weights, best, gram) / total).toBeCloseTo(tail / total, 4);
    expect(outputError(weights, { ...weights, data: new Float32Array(weights.data.length) }, gram) / total).toBeCloseTo(
      1,
      4,
    );
    const plain = await merged(weights, identity(columns), rank);
    expect(outputError(weights, best, gram)).toBeLessThanOrEqual(outputError(weights, plain, gram) + 1e-4 * total);
  });
});

describe('spatial factors', () => {
  const [outputs, inputs, height, width] = [6, 4, 3, 3];
  const columns = inputs * height * width;

  test('of full rank are the kernel', async () => {
    const weights = random(outputs, columns, 3);
    const rank = Math.min(inputs * height, outputs * width);
    const { merged: same } = await spatialFactors(weights, await correlatedGram(columns, 4), rank, width, products);
    same.data.forEach((value, at) => expect(value).toBeCloseTo(weights.data[at]!, 1));
  });

  test('a kernel that is separable needs rank 1', async () => {
    const [vertical, horizontal] = [noise(inputs * height, 5), noise(outputs * width, 6)];
    const weights = random(outputs, columns, 7);
    weights.data.forEach((_, at) => {
      const [row, patch, x] = [Math.floor(at / columns), Math.floor((at % columns) / width), at % width];
      weights.data[at] = vertical[patch]! * horizontal[row * width + x]!;
    });
    expect([...verticalMatrix(weights, width).data.slice(0, 2)]).toEqual([weights.data[0], weights.data[width]]);
    const gram = await correlatedGram(columns, 8);
    const { merged: same, left, right } = await spatialFactors(weights, gram, 1, width, products);
    same.data.forEach((value, at) => expect(value).toBeCloseTo(weights.data[at]!, 3));
    expect([left.rows, left.columns, right.rows, right.columns]).toEqual([outputs, width, 1, inputs * height]);
  });

  test('the horizontal half is the least-squares fit: no other is better', async () => {
    const weights = random(outputs, columns, 9);
    const gram = await correlatedGram(columns, 10);
    const { merged: best, left, right } = await spatialFactors(weights, gram, 4, width, products);
    const error = outputError(weights, best, gram);
    for (let seed = 0; seed < 5; seed++) {
      const other = { ...best, data: best.data.slice() };
      const change = noise(left.data.length, seed + 20);
      for (let row = 0; row < outputs; row++)
        for (let inner = 0; inner < 4; inner++)
          for (let x = 0; x < width; x++)
            for (let patch = 0; patch < right.columns; patch++)
              other.data[row * columns + patch * width + x]! +=
                0.05 * change[(row * 4 + inner) * width + x]! * right.data[inner * right.columns + patch]!;
      expect(outputError(weights, other, gram)).toBeGreaterThan(error);
    }
  });
});
