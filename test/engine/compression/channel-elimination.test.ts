import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChannelElimination } from '../../../src/main/engine/compression/pruning/channel-elimination';
import { MatrixProducts } from '../../../src/main/engine/compression/algebra/matrix-products';
import { matrix, random, samples, solved, times, turned, type Rows } from './plain-matrices';

let products: MatrixProducts;
beforeAll(async () => void (products = await MatrixProducts.open(1)));
afterAll(() => products.close());

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
