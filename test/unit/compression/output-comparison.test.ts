import { describe, expect, test } from 'vitest';
import { OutputComparison } from '../../../src/main/engine/compression/calibration/output-comparison';

function compare(float: number[], changed: number[], count: number) {
  const comparison = new OutputComparison();
  comparison.add(Float32Array.from(float), Float32Array.from(changed), count);
  return comparison.result();
}

describe('numbers by hand', () => {
  test('noise is the squared error over the squared scores, SQNR its logarithm', () => {
    // Squares 9 + 16 = 25; errors 0.25 + 0.
    const found = compare([3, 4], [3.5, 4], 1);
    expect(found.noise).toBeCloseTo(0.01, 10);
    expect(found.sqnrDb).toBeCloseTo(20, 8);
    expect(found.agreement).toBe(100);
  });

  test('agreement counts images whose largest score stays at the same class', () => {
    expect(compare([1, 2, 2, 1, 5, 0, 0, 5], [2, 1, 2, 1, 1, 0, 0, 0.5], 4).agreement).toBe(75);
  });

  test('the divergence is that of the softmax', () => {
    // softmax(0, ln 3) = (1/4, 3/4); softmax(0, 0) = (1/2, 1/2).
    const found = compare([0, Math.log(3)], [0, 0], 1);
    expect(found.divergence).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 6);
  });

  test('a softmax at the end of the network is not taken twice', () => {
    const found = compare([0.25, 0.75], [0.5, 0.5], 1);
    expect(found.divergence).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 6);
  });

  test('what does not differ has no noise, and a shift of all scores no divergence', () => {
    expect(compare([1, 2, 3], [1, 2, 3], 1)).toEqual({ sqnrDb: null, noise: 0, divergence: 0, agreement: 100 });
    expect(compare([1, 2, 3], [11, 12, 13], 1).divergence).toBeCloseTo(0, 6);
  });

  test('the divergence tells bad from worse where every class is wrong already', () => {
    const bad = compare([10, 0], [0, 10], 1);
    const worse = compare([10, 0], [0, 40], 1);
    expect([bad.agreement, worse.agreement]).toEqual([0, 0]);
    expect(worse.divergence).toBeGreaterThan(bad.divergence + 20);
  });

  test('batches add up', () => {
    const comparison = new OutputComparison();
    comparison.add(Float32Array.of(3, 4), Float32Array.of(3.5, 4), 1);
    comparison.add(Float32Array.of(4, 3, 0, 5), Float32Array.of(3, 4, 0, 5), 2);
    const found = comparison.result();
    expect(found.noise).toBeCloseTo(2.25 / 75, 10);
    expect(found.agreement).toBeCloseTo(200 / 3, 10);
  });
});

test('an output that is not a number never counts as agreement', () => {
  const found = compare([1, 2], [NaN, NaN], 1);
  expect(found.agreement).toBe(0);
  expect(Number.isFinite(found.divergence)).toBe(true);
});
