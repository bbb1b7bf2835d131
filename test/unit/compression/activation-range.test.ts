import { describe, expect, test } from 'vitest';
import {
  asymmetricActivations,
  symmetricActivations,
  symmetricInt8Scale,
} from '../../../src/main/engine/compression/algebra/affine-quantization';
import type { ValueObservation } from '../../../src/main/engine/compression/calibration/activation-observer';
import {
  activationRange,
  klDivergence,
  percentileRange,
  squaredError,
} from '../../../src/main/engine/compression/calibration/activation-range';

/** An observation of one channel from its histogram; `min` and `max` at the outer edges. */
function observation(binWidth: number, firstBin: number, counts: number[], max?: number): ValueObservation {
  return {
    count: counts.reduce((total, count) => total + count, 0),
    min: firstBin * binWidth,
    max: max ?? (firstBin + counts.length) * binWidth,
    channelMin: [],
    channelMax: [],
    channelMean: [],
    histogram: { binWidth, firstBin, counts },
  };
}

test('min-max is what was seen', () => {
  expect(activationRange(observation(1, -2, [1, 1, 1, 1]), 'min-max', 50)).toEqual({ min: -2, max: 2 });
});

describe('percentile', () => {
  test('cuts half of the rest at either end, even inside a bin', () => {
    // 10 % of 100 elements: 5 at each end. 5 of the first 20 lie in a quarter of their bin, 5 of the last 10 in half of it.
    const { min, max } = percentileRange(observation(1, -1, [20, 30, 40, 10]), 90);
    expect(min).toBeCloseTo(-0.75, 12);
    expect(max).toBeCloseTo(2.5, 12);
  });
  test('an empty gap is no place to cut', () => {
    expect(percentileRange(observation(1, 0, [95, 0, 0, 0, 0, 0, 5]), 90).max).toBe(1);
  });
  test('100 is min-max', () => {
    expect(percentileRange(observation(0.5, 0, [7, 1], 0.8), 100)).toEqual({ min: 0, max: 0.8 });
  });
  test('never leaves what was seen', () => {
    expect(percentileRange(observation(1, 0, [1, 1], 1.1), 99.9).max).toBe(1.1);
  });
});

describe('entropy', () => {
  test('a histogram of no more bins than levels loses only what is clipped', () => {
    expect(klDivergence([1, 2, 3, 2], 0, 4)).toBeCloseTo(0, 12);
    // Clipped to two bins: reference (1, 7) / 8, quantized (1, 2) / 3.
    const expected = (1 / 8) * Math.log(1 / 8 / (1 / 3)) + (7 / 8) * Math.log(7 / 8 / (2 / 3));
    expect(klDivergence([1, 2, 3, 2], 0, 2)).toBeCloseTo(expected, 12);
  });
  test('bins that share a level share its counts, empty ones apart', () => {
    // 512 bins, two a level. Level 0 holds 1 and 3: each becomes 2. Level 1 holds 0 and 4: the 4 stays.
    const counts = Array.from({ length: 512 }, () => 0);
    counts.splice(0, 4, 1, 3, 0, 4);
    const expected = (1 / 8) * Math.log(1 / 2) + (3 / 8) * Math.log(3 / 2);
    expect(klDivergence(counts, 0, 512)).toBeCloseTo(expected, 12);
  });
  test('a lone outlier far from a crowd is clipped; an even histogram is not', () => {
    const crowd = Array.from({ length: 2048 }, (_, bin) => (bin < 400 ? 1000 - bin : 0));
    crowd[2047] = 1;
    expect(activationRange(observation(1, 0, crowd), 'entropy', 0).max).toBeLessThan(600);
    const even = Array.from({ length: 2048 }, () => 10);
    expect(activationRange(observation(1, 0, even), 'entropy', 0)).toEqual({ min: 0, max: 2048 });
  });
  test('clips both signs at one magnitude', () => {
    const counts = Array.from({ length: 2048 }, (_, bin) => Math.round(1e6 * Math.exp(-(((bin - 1024) / 60) ** 2))));
    counts[0] = 1;
    counts[2047] = 1;
    const { min, max } = activationRange(observation(0.01, -1024, counts), 'entropy', 0);
    expect(min).toBeCloseTo(-max, 12);
    expect(max).toBeLessThan(5);
  });
});

describe('squared error', () => {
  test('of rounding and of clipping, by hand', () => {
    // Range 0..255: scale 1. Bins of 0.5 stand for 0 (exact), 0.75 (rounds to 1) and 300.25 (clipped to 255).
    const counts = Array.from({ length: 601 }, () => 0);
    [counts[0], counts[1], counts[600]] = [100, 8, 2];
    const expected = 8 * 0.25 ** 2 + 2 * (300.25 - 255) ** 2;
    expect(squaredError({ binWidth: 0.5, firstBin: 0, counts }, { min: 0, max: 255 })).toBeCloseTo(expected, 9);
  });
  test('is never larger for the chosen range than for min-max, and outliers are clipped at either end', () => {
    const bell = Array.from({ length: 2000 }, (_, bin) => Math.round(1e7 * Math.exp(-(((bin - 600) / 40) ** 2))));
    bell[0] = 1;
    bell[1999] = 1;
    const seen = observation(0.01, -600, bell);
    const range = activationRange(seen, 'mse', 0);
    expect(squaredError(seen.histogram, range)).toBeLessThan(squaredError(seen.histogram, seen) / 4);
    expect(range.min).toBeGreaterThan(-4);
    expect(range.max).toBeLessThan(4);
  });
  test('an even histogram is kept whole', () => {
    const even = Array.from({ length: 1024 }, () => 10);
    expect(activationRange(observation(1, 0, even), 'mse', 0).max).toBeGreaterThan(1015);
  });
});

describe('codes around zero', () => {
  test('have 127 steps for the larger magnitude, none of them for nothing', () => {
    expect(symmetricInt8Scale({ min: -2.54, max: 1 })).toEqual({ scale: Math.fround(0.02), zeroPoint: 0 });
    expect(symmetricInt8Scale({ min: 0, max: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });
  test('err by twice the step where all values are positive', () => {
    // The middle of the second bin, 1.5, in a range to 254: steps of 254 / 255 or of 2.
    const { histogram } = observation(1, 0, [0, 1]);
    const range = { min: 0, max: 254 };
    expect(squaredError(histogram, range, asymmetricActivations)).toBeCloseTo((1.5 - (2 * 254) / 255) ** 2, 5);
    expect(squaredError(histogram, range, symmetricActivations)).toBeCloseTo((1.5 - 2) ** 2, 9);
  });
  test('have half as many levels above zero, so information is lost that uint8 keeps', () => {
    // Each of 256 bins has a level in uint8; with 128 levels two share one.
    const counts = Array.from({ length: 256 }, (_, bin) => 1 + (bin % 2));
    expect(klDivergence(counts, 0, 256)).toBeCloseTo(0, 12);
    // Two bins of 1 and 2 become 1.5 each: per pair 1 log(1 / 1.5) + 2 log(2 / 1.5), over all 3.
    const expected = (Math.log(1 / 1.5) + 2 * Math.log(2 / 1.5)) / 3;
    expect(klDivergence(counts, 0, 256, 128)).toBeCloseTo(expected, 12);
  });
});
