import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { MatrixProducts } from '../../../src/main/engine/compression/algebra/matrix-products';
import { addedError, ridgeStep } from '../../../src/main/engine/compression/reconstruction/ridge-regression';
import { matrix, random, samples, solved, times, turned, type Rows } from './plain-matrices';

let products: MatrixProducts;
beforeAll(async () => void (products = await MatrixProducts.open(1)));
afterAll(() => products.close());

const problemOf = (x: Rows, e: Rows) => ({
  gram: matrix(times(x, turned(x))),
  errors: matrix(times(e, turned(x))),
  count: x[0]!.length,
});

test('by hand: one input, three samples', async () => {
  // H = 14, M = 28, so that without a penalty the step is 2; l = 2 * 1 / 3.
  const problem = problemOf([[1, 2, 3]], [[2, 4, 6]]);
  const step = await ridgeStep(problem, 2, products);
  expect(step.data[0]).toBeCloseTo(28 / (14 + (2 / 3) * 14 + 0.01 * (1 + 2 / 3) * 14), 6);
  expect((await ridgeStep(problem, 0, products)).data[0]).toBeCloseTo(2 / 1.01, 6);
});

describe('ridge regression', () => {
  // 70 columns go through the runtime, 12 through plain loops; fewer samples than columns too.
  it.each([
    [12, 40, 1],
    [12, 5, 4],
    [70, 300, 0.25],
    [70, 20, 1],
  ])(
    '%i inputs, %i samples, strength %d: is regression on samples to which the penalty is added as further ones',
    async (inputs, count, strength) => {
      const { x } = samples(inputs, count, inputs);
      const e = random(3, count, 4);
      const spread = x.map((row) => row.reduce((sum, value) => sum + value ** 2, 0));
      const mean = spread.reduce((sum, value) => sum + value, 0) / inputs;
      const share = (strength * inputs) / count;
      // |e - S x|^2 + tr(S L S^T) is the squared error over x beside the columns of L^1/2, where e is to be 0.
      const wide = x.map((row, at) => [
        ...row,
        ...x.map((_, other) => (at === other ? Math.sqrt(share * spread[at]! + 0.01 * (1 + share) * mean) : 0)),
      ]);
      const padded = e.map((row) => [...row, ...x.map(() => 0)]);
      const expected = turned(solved(times(wide, turned(wide)), times(wide, turned(padded))));
      const step = await ridgeStep(problemOf(x, e), strength, products);
      expected.flat().forEach((value, at) => expect(step.data[at]).toBeCloseTo(value, 4));
    },
  );

  it('never goes farther than least squares: what the errors have in common is not overshot', async () => {
    // All inputs are one direction; the layer misses 0.1 of each. Dividing an unshrunk error by a shrunk Gram matrix would add 16 times that.
    const [inputs, count] = [160, 10];
    const direction = random(1, count, 5)[0]!;
    const x = Array.from({ length: inputs }, () => direction);
    const e = [direction.map((value) => 0.1 * inputs * value)];
    for (const strength of [0, 1 / 16, 1, 16]) {
      const step = await ridgeStep(problemOf(x, e), strength, products);
      const sum = step.data.reduce((total, value) => total + value, 0);
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThanOrEqual(0.1 * inputs);
    }
  });

  it.each([6, 80])('%i inputs: says what a step adds to the error of other samples', async (inputs) => {
    const { x } = samples(inputs, 50, 7);
    const [e, step] = [random(2, 50, 8), random(2, inputs, 9)];
    const square = (rows: Rows): number => rows.flat().reduce((sum, value) => sum + value ** 2, 0);
    const left = times(step, x).map((row, output) => row.map((value, at) => e[output]![at]! - value));
    const added = await addedError(matrix(step), problemOf(x, e), products);
    expect(added / (square(left) - square(e))).toBeCloseTo(1, 4);
  });
});
