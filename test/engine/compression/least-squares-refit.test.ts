import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { ChannelElimination } from '../../../src/main/engine/compression/pruning/channel-elimination';
import type { GramSums } from '../../../src/main/engine/compression/calibration/gram';
import { leastSquaresRefit, refitLayer } from '../../../src/main/engine/compression/reconstruction/least-squares-refit';
import { MatrixProducts, type Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';

let products: MatrixProducts;
beforeAll(async () => void (products = await MatrixProducts.open(1)));
afterAll(() => products.close());

type Rows = number[][];
const matrix = (rows: Rows): Matrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float32Array.from(rows.flat()),
});
const times = (a: Rows, b: Rows): Rows =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, i) => sum + value * b[i]![j]!, 0)));
const turned = (a: Rows): Rows => a[0]!.map((_, j) => a.map((row) => row[j]!));

/** x with a x = b for each column of b, by Gauss-Jordan with pivoting. */
function solved(a: Rows, b: Rows): Rows {
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
function samples(inputs: number, count: number, seed: number): { r: Rows; x: Rows } {
  const random = createRandom(seed);
  const noise = (): number => random() * 2 - 1;
  const hidden = Array.from({ length: count }, () => [noise(), noise(), noise()]);
  const r = Array.from({ length: inputs }, (_, input) =>
    hidden.map((factors) => factors[input % 3]! + 0.7 * noise() + 0.3 * (input % 4)),
  );
  return { r, x: r.map((row) => row.map((value) => 0.9 * value + 0.2 * noise() + 0.1)) };
}

const random = (rows: number, columns: number, seed: number): Rows => {
  const next = createRandom(`weights ${seed}`);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 2 - 1));
};

describe('least-squares refit', () => {
  // 70 columns go through the runtime, 12 through plain loops.
  it.each([12, 70])('of %i inputs, with the bias, is the closed form of regression', async (inputs) => {
    const count = 900;
    const { r, x } = samples(inputs, count, inputs);
    const weights = random(5, inputs, 1);
    const kept = Array.from({ length: inputs }, (_, input) => input).filter((input) => input % 4 !== 1);
    // The reference: ordinary regression on the samples themselves with a constant as a further input.
    const design = [...kept.map((input) => x[input]!), new Array<number>(count).fill(1)];
    const normal = times(design, turned(design));
    const expected = turned(solved(normal, times(design, turned(times(weights, r)))));

    const sums: GramSums = {
      grams: [matrix(times(x, turned(x)))],
      crosses: [matrix(times(r, turned(x)))],
      sums: Float64Array.from(x, (row) => row.reduce((sum, value) => sum + value, 0)),
      referenceSums: Float64Array.from(r, (row) => row.reduce((sum, value) => sum + value, 0)),
      count,
    };
    // As if there were very many samples: nothing is shrunk then.
    const scale = 1e6;
    for (const list of [sums.grams, sums.crosses])
      for (const { data } of list) data.forEach((value, at) => (data[at] = value * scale));
    const many: GramSums = {
      ...sums,
      count: count * scale,
      sums: sums.sums.map((value) => value * scale),
      referenceSums: sums.referenceSums.map((value) => value * scale),
    };
    const rows = { ...matrix(weights), groups: 1, shape: [5, inputs], isTransposed: false };
    const { data, biasShift } = await refitLayer(rows, many, products, kept, 1e-6);
    expected.forEach((row, output) => {
      kept.forEach((input, at) => expect(data[output * inputs + input]).toBeCloseTo(row[at]!, 2));
      expect(biasShift[output]).toBeCloseTo(row.at(-1)!, 2);
    });
    for (let output = 0; output < 5; output++) expect(data[output * inputs + 1]).toBe(0);
  });

  it('adds the error of another branch to what the layer is to give', async () => {
    const { r, x } = samples(6, 500, 3);
    const weights = random(2, 6, 2);
    const error = random(2, 500, 4);
    const gram = times(x, turned(x));
    const problem = {
      weights: matrix(weights),
      gram: matrix(gram),
      cross: matrix(times(r, turned(x))),
      start: matrix(weights),
      extra: matrix(times(error, turned(x))),
      count: 1e12,
    };
    const wanted = times(weights, r).map((row, output) => row.map((value, at) => value + error[output]![at]!));
    const expected = turned(solved(gram, times(x, turned(wanted))));
    const refitted = await leastSquaresRefit(problem, products, 1e-9);
    expected.flat().forEach((value, at) => expect(refitted.data[at]).toBeCloseTo(value, 3));
  });

  it('refits the groups of a convolution one by one, and leaves a layer on unchanged inputs as it is', async () => {
    const { r } = samples(3, 300, 5);
    const gram = matrix(times(r, turned(r)));
    const weights = random(4, 3, 6);
    const totals = r.map((row) => row.reduce((sum, value) => sum + value, 0));
    const sums: GramSums = {
      grams: [gram, { ...gram, data: gram.data.slice() }],
      crosses: [
        { ...gram, data: gram.data.slice() },
        { ...gram, data: gram.data.slice() },
      ],
      sums: Float64Array.from([...totals, ...totals]),
      referenceSums: Float64Array.from([...totals, ...totals]),
      count: 300,
    };
    const rows = { ...matrix(weights), groups: 2, shape: [4, 3, 1, 1], isTransposed: false };
    const { data, biasShift } = await refitLayer(rows, sums, products);
    weights.flat().forEach((value, at) => expect(data[at]).toBeCloseTo(value, 4));
    for (const shift of biasShift) expect(shift).toBeCloseTo(0, 4);
  });
});

describe('channel elimination', () => {
  it('loses what the best weights on the channels left lose', async () => {
    const inputs = 24;
    const { r } = samples(inputs, 2000, 8);
    const weights = random(6, inputs, 9);
    const gram = times(r, turned(r));
    const damping = (0.01 * gram.reduce((sum, row, i) => sum + row[i]!, 0)) / inputs;
    const damped = gram.map((row, i) => row.map((value, j) => value + (i === j ? damping : 0)));
    const energyOf = (error: Rows, metric: Rows): number =>
      times(error, metric).reduce(
        (sum, row, i) => sum + row.reduce((all, value, j) => all + value * error[i]![j]!, 0),
        0,
      );
    // Three columns a channel, not next to each other.
    const channelOf = Int32Array.from({ length: inputs }, (_, column) => column % 8);
    const state = await ChannelElimination.start(matrix(weights), matrix(gram), 1e12, channelOf, products);
    expect(state.energy).toBeCloseTo(energyOf(weights, gram), -1);

    const costs = new Float64Array(8);
    state.addCosts(costs);
    let damage = 0;
    const gone: number[] = [];
    for (const channels of [[5], [2, 7], [0]]) {
      const before = damage;
      damage += await state.eliminate(channels, products);
      gone.push(...channels);
      const kept = Array.from({ length: inputs }, (_, column) => column).filter((column) => !gone.includes(column % 8));
      // The reference: W' = W H_K (H_KK)^-1 on the kept columns.
      const block = kept.map((i) => kept.map((j) => damped[i]![j]!));
      const right = kept.map((i) => times([damped[i]!], turned(weights))[0]!);
      const best = turned(solved(block, right));
      const error = weights.map((row, output) =>
        row.map((value, column) => value - (kept.includes(column) ? best[output]![kept.indexOf(column)]! : 0)),
      );
      const expected = energyOf(error, damped) / state.energy;
      expect(damage / expected).toBeCloseTo(1, 2);
      if (gone.length === 1) expect(costs[5]! / (damage - before)).toBeCloseTo(1, 3);
      const current = state.currentWeights();
      best.forEach((row, output) =>
        kept.forEach((column, at) => expect(current.data[output * inputs + column]).toBeCloseTo(row[at]!, 2)),
      );
      await state.flush(products);
    }
  });
});
