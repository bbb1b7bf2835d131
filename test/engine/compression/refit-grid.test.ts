import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  affineGrid,
  clusterGrid,
  uniformTableGrid,
  type WeightGrid,
} from '../../../src/main/engine/compression/storage/few-bit-grid';
import { outputError } from '../../../src/main/engine/compression/reconstruction/layer-reconstruction';
import { MatrixProducts, type Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';
import { refitGrid, type LayerGram } from '../../../src/main/engine/compression/storage/refit-grid';
import { gramOf, randomMatrix, solve } from './random-gram';

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open(1);
});
afterAll(() => products.close());

const [rows, columns] = [6, 24];
const gram = gramOf(columns, 80, 1);
const target = randomMatrix(rows, columns, 2);
const layerGram: LayerGram = {
  times: async (data) => (await products.times({ rows, columns, data: data.slice() }, gram)).data,
  diagonal: (index) => gram.data[(index % columns) * (columns + 1)]!,
};

const nearestCodes = (grid: WeightGrid): Uint8Array =>
  Uint8Array.from(target.data, (value, index) => grid.codeOf(Math.floor(index / columns), value));
const weightsOf = (grid: WeightGrid, codes: Uint8Array): Matrix => ({
  rows,
  columns,
  data: Float32Array.from(codes, (code, index) => grid.valueOf(Math.floor(index / columns), code)),
});
const options = (bits: number, rowsPerGroup: number) => ({ bits, rowsPerGroup });
const clusters = (bits: number, rowsPerGroup: number): WeightGrid =>
  clusterGrid(target, { ...options(bits, rowsPerGroup), clusters: 2 ** bits, init: 'optimal', rng: () => 0 });

describe('refitGrid', () => {
  test.each([1, 3, rows])('a table for %i rows is the solution of the normal equations', async (rowsPerGroup) => {
    const grid = clusters(2, rowsPerGroup);
    const codes = nearestCodes(grid);
    const refitted = await refitGrid(grid, codes, columns, target.data, layerGram);
    for (let first = 0; first < rows; first += rowsPerGroup) {
      const normal = Array.from({ length: 4 }, () => new Array<number>(4).fill(0));
      const right = new Array<number>(4).fill(0);
      for (let row = first; row < first + rowsPerGroup; row++)
        for (let i = 0; i < columns; i++)
          for (let j = 0; j < columns; j++) {
            const [a, b] = [codes[row * columns + i]!, codes[row * columns + j]!];
            normal[a]![b]! += gram.data[i * columns + j]!;
            right[a]! += gram.data[i * columns + j]! * target.data[row * columns + j]!;
          }
      // Each entry is used: k-means centres of random numbers.
      solve(normal, right).forEach((value, code) => expect(refitted.valueOf(first, code)).toBeCloseTo(value, 2));
    }
  });

  test('a symmetric scale is w H c / c H c', async () => {
    const grid = affineGrid(target, options(3, 1), true);
    const codes = nearestCodes(grid);
    const refitted = await refitGrid(grid, codes, columns, target.data, layerGram);
    for (let row = 0; row < rows; row++) {
      let [above, below] = [0, 0];
      for (let i = 0; i < columns; i++)
        for (let j = 0; j < columns; j++) {
          const [a, b] = [codes[row * columns + i]! - 4, codes[row * columns + j]! - 4];
          above += a * gram.data[i * columns + j]! * target.data[row * columns + j]!;
          below += a * gram.data[i * columns + j]! * b;
        }
      expect(refitted.valueOf(row, 5)).toBeCloseTo(above / below, 3);
      expect(Math.abs(refitted.valueOf(row, 4))).toBe(0);
    }
  });

  test.each<[string, WeightGrid]>([
    ['table', clusters(3, 1)],
    ['shared table', clusters(3, rows)],
    ['6-bit table', clusters(6, rows)],
    ['symmetric', affineGrid(target, options(3, 2), true)],
    ['linear', affineGrid(target, options(3, 1), false)],
    ['uniform table', uniformTableGrid(target, options(3, 1))],
  ])('%s: less error, and codes still go to the nearest value', async (_name, grid) => {
    const codes = nearestCodes(grid);
    const before = outputError(weightsOf(grid, codes), target, gram);
    const refitted = await refitGrid(grid, codes, columns, target.data, layerGram);
    expect(outputError(weightsOf(refitted, codes), target, gram)).toBeLessThan(before);
    for (let row = 0; row < rows; row++)
      for (const value of [-2, -0.31, 0.02, 0.4, 1.5]) {
        const distances = Array.from({ length: 2 ** refitted.bits }, (_, code) =>
          Math.abs(refitted.valueOf(row, code) - value),
        );
        expect(distances[refitted.codeOf(row, value)]).toBeCloseTo(Math.min(...distances), 6);
      }
  });

  test('a uniform table stays evenly spaced', async () => {
    const grid = uniformTableGrid(target, options(3, 1));
    const refitted = await refitGrid(grid, nearestCodes(grid), columns, target.data, layerGram);
    const step = refitted.valueOf(0, 1) - refitted.valueOf(0, 0);
    for (let code = 2; code < 8; code++)
      expect(refitted.valueOf(0, code) - refitted.valueOf(0, code - 1)).toBeCloseTo(step, 2);
  });
});
