import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { damp, inverseDiagonal } from '../../../src/main/engine/compression/algebra/cholesky';
import { factorInputs, outputError } from '../../../src/main/engine/compression/reconstruction/layer-reconstruction';
import { MatrixProducts, type Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';
import { pruneLayer } from '../../../src/main/engine/compression/pruning/prune-layer';
import { parsePattern } from '../../../src/main/engine/compression/pruning/prune-pattern';
import { restoreSpread } from '../../../src/main/engine/compression/pruning/row-spread';
import type { LayerProblem } from '../../../src/main/engine/compression/reconstruction/second-order';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import { attr, float32Tensor, makeNode } from '../../../src/main/engine/onnx/make';
import { numbersFrom } from '../techniques/small-networks';

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open(1);
});
afterAll(() => products.close());

/** X X^T / samples of inputs that depend on each other. */
function gramOf(columns: number, seed: number): Matrix {
  const random = numbersFrom(seed);
  const samples = 3 * columns;
  const inputs = Array.from({ length: columns }, () => Array.from({ length: samples }, () => random() * 2 - 1));
  for (let row = 1; row < columns; row++) inputs[row] = inputs[row]!.map((v, at) => v + 0.8 * inputs[row - 1]![at]!);
  const product = (a: number[], b: number[]): number => a.reduce((sum, v, at) => sum + v * b[at]!, 0) / samples;
  return {
    rows: columns,
    columns,
    data: Float32Array.from(inputs.flatMap((a) => inputs.map((b) => product(a, b)))),
  };
}

/** The inverse by Gauss and Jordan, in double precision. */
function inverseOf({ columns, data }: Matrix): number[][] {
  const rows = Array.from({ length: columns }, (_, row) => [
    ...data.subarray(row * columns, (row + 1) * columns),
    ...Array.from({ length: columns }, (__, at) => (at === row ? 1 : 0)),
  ]);
  for (let at = 0; at < columns; at++) {
    rows[at] = rows[at]!.map((value, _, row) => value / row[at]!);
    for (let other = 0; other < columns; other++)
      if (other !== at) rows[other] = rows[other]!.map((value, i, row) => value - row[at]! * rows[at]![i]!);
  }
  return rows.map((row) => row.slice(columns));
}

test.each([1, 6, 193, 400])('the diagonal of the inverse of %i columns', async (size) => {
  const random = numbersFrom(size);
  const lower: Matrix = { rows: size, columns: size, data: new Float32Array(size * size) };
  for (let row = 0; row < size; row++)
    for (let at = 0; at <= row; at++) lower.data[row * size + at] = at === row ? 1 + random() : 0.1 * (random() - 0.5);
  const diagonal = await inverseDiagonal(lower, products);
  for (const column of new Set([0, size >> 1, size - 1])) {
    // Column of L^-1 by forward substitution.
    const solution = new Float64Array(size);
    for (let row = column; row < size; row++) {
      let sum = row === column ? 1 : 0;
      for (let at = column; at < row; at++) sum -= lower.data[row * size + at]! * solution[at]!;
      solution[row] = sum / lower.data[row * size + row]!;
    }
    const expected = solution.reduce((sum, value) => sum + value * value, 0);
    expect(diagonal[column]! / expected).toBeCloseTo(1, 4);
  }
});

async function problemOf(shape: number[], groups = 1): Promise<LayerProblem> {
  const random = numbersFrom(11);
  const weight = float32Tensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 2 - 1),
  );
  const node = makeNode('Conv', ['x', 'w'], ['y'], { group: attr.int(groups) });
  const layer = { node, weightName: 'w', weight, channelAxis: 0 };
  const rows = weightRows(layer);
  const perGroup = rows.rows / groups;
  const parts: LayerProblem['groups'] = [];
  for (let group = 0; group < groups; group++) {
    const gram = gramOf(rows.columns, group + 1);
    const data = rows.data.slice(group * perGroup * rows.columns, (group + 1) * perGroup * rows.columns);
    const target = { rows: perGroup, columns: rows.columns, data };
    parts.push({ target, gram, factor: await factorInputs(gram, products) });
  }
  const importance = new Float32Array(groups * rows.columns).fill(1);
  return { layer, rows, groups: parts, count: 1, means: new Float64Array(groups * rows.columns), importance, products };
}

const zerosIn = (data: Float32Array): number => data.filter((value) => value === 0).length;

describe('pruneLayer', () => {
  test('one weight: the choice and the compensation of Optimal Brain Surgeon', async () => {
    const problem = await problemOf([1, 8, 1, 1]);
    const weights = problem.rows.data.slice();
    const damped = { ...problem.groups[0]!.gram, data: problem.groups[0]!.gram.data.slice() };
    damp(damped, 0.01);
    const inverse = inverseOf(damped);
    const saliency = [...weights].map((value, at) => value ** 2 / inverse[at]![at]!);
    const chosen = saliency.indexOf(Math.min(...saliency));
    const pruned = await pruneLayer(problem, { kind: 'unstructured' }, 1, 1);
    pruned.forEach((value, at) => {
      const expected = weights[at]! - (weights[chosen]! / inverse[chosen]![chosen]!) * inverse[at]![chosen]!;
      expect(value).toBeCloseTo(at === chosen ? 0 : expected, 4);
    });
    expect(pruned[chosen]).toBe(0);
  });

  test.each([
    ['unstructured', [6, 12, 1, 1], 1, 36, 36],
    ['unstructured', [6, 3, 3, 3], 1, 100, 100],
    ['unstructured', [4, 2, 3, 3], 2, 31, 31],
    ['2:4', [5, 8, 1, 1], 1, 0, 20],
    ['1:4', [3, 9, 1, 1], 1, 0, 18],
    ['2x2', [6, 12, 1, 1], 1, 24, 24],
    ['column', [6, 12, 1, 1], 1, 18, 18],
    ['row', [6, 12, 1, 1], 1, 24, 24],
  ] as const)(
    '%s on [%s] in %i groups: exact zeros, the rest at least squares',
    async (text, shape, groups, zeros, expected) => {
      const problem = await problemOf([...shape], groups);
      const pruned = await pruneLayer(problem, parsePattern(text)!, zeros, 4);
      expect(zerosIn(pruned)).toBe(expected);
      const perGroup = pruned.length / groups;
      for (const [group, { target, gram }] of problem.groups.entries()) {
        const weights = { ...target, data: pruned.subarray(group * perGroup, (group + 1) * perGroup) };
        // What pruneLayer damped is the gram it fitted on.
        const best = leastSquares(target, weights.data, gram);
        const [actual, least] = [outputError(weights, target, gram), outputError(best, target, gram)];
        expect(actual).toBeLessThan(1.02 * least + 1e-6);
        const masked = { ...target, data: target.data.map((value, at) => (weights.data[at] === 0 ? 0 : value)) };
        expect(actual).toBeLessThanOrEqual(outputError(masked, target, gram) + 1e-6);
      }
    },
  );

  test('more steps choose better', async () => {
    const errorAfter = async (steps: number): Promise<number> => {
      const problem = await problemOf([12, 40, 1, 1]);
      const { target, gram } = problem.groups[0]!;
      const data = await pruneLayer(problem, { kind: 'unstructured' }, 300, steps);
      return outputError({ ...target, data }, target, gram);
    };
    expect(await errorAfter(8)).toBeLessThan(0.95 * (await errorAfter(1)));
  });
});

/** The best weights with the zeros of `pruned`, row by row: H_SS w_S = (H t)_S. */
function leastSquares(target: Matrix, pruned: Float32Array, gram: Matrix): Matrix {
  const { rows, columns } = target;
  const data = new Float32Array(pruned.length);
  for (let row = 0; row < rows; row++) {
    const left = Array.from({ length: columns }, (_, at) => at).filter((at) => pruned[row * columns + at] !== 0);
    if (left.length === 0) continue;
    const part: Matrix = {
      rows: left.length,
      columns: left.length,
      data: Float32Array.from(left.flatMap((i) => left.map((j) => gram.data[i * columns + j]!))),
    };
    const right = left.map((i) => {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += gram.data[i * columns + j]! * target.data[row * columns + j]!;
      return sum;
    });
    inverseOf(part).forEach((line, at) => {
      data[row * columns + left[at]!] = line.reduce((sum, value, other) => sum + value * right[other]!, 0);
    });
  }
  return { rows, columns, data };
}

test.each([1, 2])('pruned rows in %i groups spread as far as before, in the same direction', async (groups) => {
  const problem = await problemOf([6, 12, 1, 1], groups);
  const pruned = await pruneLayer(problem, { kind: 'unstructured' }, 40, 4);
  // A row without weights stays without.
  pruned.fill(0, 0, 12);
  const scaled = pruned.slice();
  await restoreSpread(problem, scaled);
  for (let row = 0; row < 6; row++) {
    const { gram } = problem.groups[Math.floor((row * groups) / 6)]!;
    const rowOf = (data: Float32Array): Matrix => ({
      rows: 1,
      columns: 12,
      data: data.slice(row * 12, (row + 1) * 12),
    });
    const zero = rowOf(new Float32Array(pruned.length));
    const spread = outputError(rowOf(scaled), zero, gram);
    expect(spread).toBeCloseTo(row === 0 ? 0 : outputError(rowOf(problem.rows.data), zero, gram), 4);
    const gain = Math.max(...rowOf(scaled).data) / (Math.max(...rowOf(pruned).data) || 1);
    expect(gain).toBeGreaterThanOrEqual(row === 0 ? 0 : 1);
    rowOf(scaled).data.forEach((value, at) => expect(value).toBeCloseTo(gain * rowOf(pruned).data[at]!, 5));
  }
});
