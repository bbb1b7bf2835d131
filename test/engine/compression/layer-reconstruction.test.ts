import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cholesky, damp } from '../../../src/main/engine/compression/algebra/cholesky';
import { descend } from '../../../src/main/engine/compression/reconstruction/coordinate-descent';
import {
  factorInputs,
  outputError,
  reconstruct,
  solve as solveFactored,
} from '../../../src/main/engine/compression/reconstruction/layer-reconstruction';
import { MatrixProducts } from '../../../src/main/engine/compression/algebra/matrix-products';
import { gramOf, randomMatrix, solve } from './random-gram';

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open(1);
});
afterAll(() => products.close());

describe('cholesky', () => {
  test('by hand', async () => {
    const { data } = await cholesky({ rows: 2, columns: 2, data: Float32Array.of(4, 2, 2, 10) }, products);
    expect([...data]).toEqual([2, 0, 1, 3]);
  });

  test.each([1, 5, 192, 193, 450])('L L^T is the matrix, for %i columns', async (size) => {
    const gram = gramOf(size, 2 * size + 3, size);
    damp(gram, 0.01);
    const { data } = await cholesky(gram, products);
    let largest = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let at = 0; at <= j; at++) sum += data[i * size + at]! * data[j * size + at]!;
        largest = Math.max(largest, Math.abs(sum - gram.data[i * size + j]!));
        if (j < i) expect(data[j * size + i]).toBe(0);
      }
    expect(largest).toBeLessThan(1e-4);
  });

  test('in place where the matrix may go', async () => {
    const gram = gramOf(200, 403, 200);
    damp(gram, 0.01);
    const { data } = await cholesky(gram, products);
    for (let row = 0; row < 200; row++) gram.data.fill(0, row * 200 + row + 1, (row + 1) * 200);
    expect(await cholesky(gram, products, gram)).toBe(gram);
    expect(gram.data).toEqual(data);
  });
});

describe('solve', () => {
  test.each([1, 128, 129, 400])('Y L L^T is the right side, for %i columns', async (size) => {
    const gram = gramOf(size, 2 * size + 3, size);
    damp(gram, 0.01);
    const right = randomMatrix(5, size, 2);
    const solved = await solveFactored(right, await cholesky(gram, products), products);
    const difference = await products.subtract(right, solved, gram);
    expect(Math.max(...difference.data.map(Math.abs))).toBeLessThan(1e-3);
  });
});

describe('reconstruct', () => {
  test('one weight removed: the others move as the closed form of Optimal Brain Surgeon says', async () => {
    // The column with the largest diagonal is taken first; removing it moves w by -w_q [H^-1]_q / [H^-1]_qq.
    const size = 6;
    const gram = gramOf(size, 40, 3);
    gram.data[2 * size + 2]! += 5;
    const weights = randomMatrix(1, size, 4);
    const factor = await factorInputs(gram, products, 0);
    const removed = await reconstruct(weights, factor, (_row, column, value) => (column === 2 ? 0 : value), products);
    const rows = Array.from({ length: size }, (_, i) => [...gram.data.subarray(i * size, (i + 1) * size)]);
    const inverse = solve(
      rows,
      rows.map((_, at) => (at === 2 ? 1 : 0)),
    );
    const step = weights.data[2]! / inverse[2]!;
    removed.data.forEach((value, at) =>
      expect(value).toBeCloseTo(at === 2 ? 0 : weights.data[at]! - step * inverse[at]!, 4),
    );
  });

  test.each([9, 128, 300])('%i columns: the output changes less than with nearest rounding', async (size) => {
    const gram = gramOf(size, 3 * size, 5);
    const weights = randomMatrix(7, size, 6);
    const round = (value: number): number => Math.round(value * 4) / 4;
    const nearest = { ...weights, data: weights.data.map(round) };
    const factor = await factorInputs(gram, products);
    const result = await reconstruct(weights, factor, (_row, _column, value) => round(value), products);
    expect(result.data.every((value) => Number.isInteger(value * 4))).toBe(true);
    expect(outputError(result, weights, gram)).toBeLessThan(0.75 * outputError(nearest, weights, gram));
  });

  test('rounding that changes nothing changes nothing', async () => {
    const weights = randomMatrix(3, 200, 8);
    const factor = await factorInputs(gramOf(200, 300, 7), products);
    const result = await reconstruct(weights, factor, (_row, _column, value) => value, products);
    expect(result.data).toEqual(weights.data);
  });
});

describe('descend', () => {
  const round = (value: number): number => Math.round(value * 4) / 4;

  test('ends where no single weight is better a step higher or lower', async () => {
    const gram = gramOf(20, 60, 11);
    const target = randomMatrix(4, 20, 12);
    const values = { ...target, data: target.data.map(round) };
    for (let pass = 0; pass < 30; pass++)
      await descend(values, target, gram, (_row, _column, value) => round(value), products);
    const least = outputError(values, target, gram);
    for (let index = 0; index < values.data.length; index++)
      for (const step of [-0.25, 0.25]) {
        const changed = { ...values, data: values.data.slice() };
        changed.data[index]! += step;
        expect(outputError(changed, target, gram)).toBeGreaterThanOrEqual(least - 1e-5);
      }
  });

  test.each([9, 128, 300])('%i columns: a pass after reconstruct leaves less error', async (size) => {
    const gram = gramOf(size, 3 * size, 5);
    const target = randomMatrix(7, size, 6);
    const factor = await factorInputs(gram, products, 0);
    const quantize = (_row: number, _column: number, value: number): number => round(value);
    const values = await reconstruct(target, factor, quantize, products);
    const before = outputError(values, target, gram);
    await descend(values, target, gram, quantize, products);
    expect(values.data.every((value) => Number.isInteger(value * 4))).toBe(true);
    expect(outputError(values, target, gram)).toBeLessThan(before);
  });
});
