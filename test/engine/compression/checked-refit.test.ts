import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { GramSums } from '../../../src/main/engine/compression/calibration/gram';
import { MatrixProducts } from '../../../src/main/engine/compression/algebra/matrix-products';
import { checkedRefit, type LayerRefit } from '../../../src/main/engine/compression/reconstruction/checked-refit';
import { matrix, random, samples, solved, times, turned, type Rows } from './plain-matrices';

let products: MatrixProducts;
beforeAll(async () => void (products = await MatrixProducts.open(1)));
afterAll(() => products.close());

const total = (rows: Rows): Float64Array =>
  Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value, 0));

/** The sums of every fourth sample; x and e as one list per group. */
function foldOf(x: Rows[], e: Rows[], first: number): GramSums {
  const part = (rows: Rows): Rows => rows.map((row) => row.filter((_, at) => at % 4 === first));
  return {
    grams: x.map((rows) => matrix(times(part(rows), turned(part(rows))))),
    errors: x.map((rows, group) => matrix(times(part(e[group]!), turned(part(rows))))),
    sums: total(part(x.flat())),
    errorSums: total(part(e.flat())),
    count: part(x[0]!)[0]!.length,
  };
}

const refit = (x: Rows[], e: Rows[], freedom = { bias: true, weights: true }): Promise<LayerRefit> =>
  checkedRefit(
    [0, 1, 2, 3].map((first) => foldOf(x, e, first)),
    freedom,
    products,
  );

/** Squared error of one group after a refit, on any samples. */
function errorAfter({ steps, biasShift }: LayerRefit, x: Rows, e: Rows): number {
  const [step] = steps;
  return e.reduce((all, row, output) => {
    const weights = step ? Array.from(step.data.subarray(output * x.length, (output + 1) * x.length)) : x.map(() => 0);
    const made = times([weights], x)[0]!;
    return all + row.reduce((sum, value, at) => sum + (value - made[at]! - (biasShift?.[output] ?? 0)) ** 2, 0);
  }, 0);
}

describe('a refit that is checked on samples it was not fitted to', () => {
  it('comes to ordinary regression with a constant where samples are many', async () => {
    const { x } = samples(12, 3000, 1);
    const weights = random(2, 12, 2);
    const e = times(weights, x).map((row, output) => row.map((value) => value + 0.5 - output));
    const { steps, biasShift, strength } = await refit([x], [e]);
    const design = [...x, new Array<number>(3000).fill(1)];
    const expected = turned(solved(times(design, turned(design)), times(design, turned(e))));
    expect(strength).toBe(1 / 16);
    for (const [output, row] of expected.entries()) {
      row.slice(0, -1).forEach((value, at) => expect(steps[0]!.data[output * 12 + at]).toBeCloseTo(value, 1));
      expect(biasShift![output]).toBeCloseTo(row.at(-1)!, 1);
    }
  });

  it('leaves a layer alone whose error has nothing to do with its inputs, and says so', async () => {
    let kept = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { x } = samples(40, 16, seed);
      const { steps } = await refit([x], [random(4, 16, 100 + seed)]);
      if (steps.length === 0) kept++;
    }
    expect(kept).toBeGreaterThan(14);
  });

  // The property: on fresh samples a refit is hardly ever worse than none, however few there were to fit.
  test.each([4, 8, 16, 32, 64, 256])('%i samples of 48 inputs', async (count) => {
    let [unchanged, refitted] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const { x } = samples(48, count + 400, seed);
      const misses = times(
        random(3, 48, seed).map((row) => row.map((value) => 0.2 * value)),
        x,
      );
      const noise = random(3, count + 400, 50 + seed);
      const e = misses.map((row, output) => row.map((value, at) => value + 0.3 * noise[output]![at]!));
      const [near, far] = [
        (rows: Rows) => rows.map((row) => row.slice(0, count)),
        (rows: Rows) => rows.map((row) => row.slice(count)),
      ];
      const found = await refit([near(x)], [near(e)]);
      unchanged += errorAfter({ steps: [], strength: Infinity }, far(x), far(e));
      refitted += errorAfter(found, far(x), far(e));
    }
    expect(refitted).toBeLessThan(unchanged * (count < 16 ? 1.02 : 1));
    if (count >= 64) expect(refitted).toBeLessThan(0.5 * unchanged);
  });

  it('refits each group on inputs of its own, with one penalty for all', async () => {
    const x = [samples(3, 400, 5).x, samples(3, 400, 6).x];
    const weights = [random(2, 3, 7), random(2, 3, 8)];
    const { steps } = await refit(
      x,
      x.map((rows, group) => times(weights[group]!, rows)),
    );
    steps.forEach(({ data }, group) =>
      weights[group]!.flat().forEach((value, at) => expect(data[at]).toBeCloseTo(value, 1)),
    );
  });

  it('moves what may move: the bias alone, the weights alone', async () => {
    const { x } = samples(5, 200, 9);
    const e = times(random(1, 5, 10), x).map((row) => row.map((value) => value + 3));
    const biasOnly = await refit([x], [e], { bias: true, weights: false });
    expect(biasOnly.steps).toEqual([]);
    expect(biasOnly.biasShift![0]).toBeCloseTo(total(e)[0]! / 200, 3);
    const weightsOnly = await refit([x], [e], { bias: false, weights: true });
    expect(weightsOnly.biasShift).toBeUndefined();
    expect(errorAfter(weightsOnly, x, e)).toBeLessThan(errorAfter({ steps: [], strength: 0 }, x, e));
  });

  it('does nothing with images for one part only', async () => {
    const { x } = samples(3, 4, 11);
    const one = foldOf([x], [random(1, 4, 1)], 0);
    const none = { ...foldOf([x], [random(1, 4, 1)], 1), count: 0 };
    const found = await checkedRefit([one, none], { bias: true, weights: true }, products);
    expect(found).toEqual({ steps: [], strength: Infinity });
  });
});
