import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  histogramBins,
  StreamingHistogram,
} from '../../../src/main/engine/compression/calibration/streaming-histogram';

function histogramOf(...batches: number[][]) {
  const histogram = new StreamingHistogram();
  for (const batch of batches) histogram.add(Float32Array.from(batch), Math.min(...batch), Math.max(...batch));
  return histogram.result();
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('numbers by hand', () => {
  test('the narrowest power of two whose bins hold the range', () => {
    // A span of 8 in 2,048 bins: 1 / 256 would put the value 8 one bin too far.
    const { binWidth, firstBin, counts } = histogramOf([0, 0, 1, 8]);
    expect(binWidth).toBe(1 / 128);
    expect(firstBin).toBe(0);
    expect(counts).toHaveLength(8 * 128 + 1);
    expect([counts[0], counts[128], counts[1024]]).toEqual([2, 1, 1]);
  });

  test('values that do not fit double the width; neighbours join', () => {
    // 16 needs bins of 1 / 64: the bins of 0.0 and 1 / 128 become one.
    const { binWidth, counts } = histogramOf([0, 1 / 128, 1, 8], [16]);
    expect(binWidth).toBe(1 / 64);
    expect([counts[0], counts[64], counts[512], counts[1024]]).toEqual([2, 1, 1, 1]);
  });

  test('negative values have bins of their own, below the edge at zero', () => {
    const { binWidth, firstBin, counts } = histogramOf([-1, 1], [-0.001, 0]);
    expect(binWidth).toBe(1 / 512);
    expect(firstBin).toBe(-512);
    expect([counts[0], counts[511], counts[512], counts[1024]]).toEqual([1, 1, 1, 1]);
  });

  test.each([[[0, 0]], [[5, 5, 5]], [[-3]]])('a constant, %j', (values) => {
    const { counts, firstBin, binWidth } = histogramOf(values);
    expect(counts).toEqual([values.length]);
    expect(Math.abs(firstBin * binWidth - values[0]!)).toBeLessThanOrEqual(binWidth);
  });
});

test('no count is lost, every value lies in its bin, and the bins stay as fine as their number allows', () => {
  const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e20), max: Math.fround(1e20) });
  const batches = fc.array(fc.array(number, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(batches, (lists) => {
      const all = lists.flat();
      const { counts, firstBin, binWidth } = histogramOf(...lists);
      expect(sum(counts)).toBe(all.length);
      expect(counts.length).toBeLessThanOrEqual(histogramBins);
      const expected = new Map<number, number>();
      for (const value of all) {
        const bin = Math.floor(value / binWidth);
        expected.set(bin, (expected.get(bin) ?? 0) + 1);
      }
      // Tiny values beside a huge range may round across one edge.
      counts.forEach((count, index) => {
        const near = [-1, 0, 1].reduce((total, step) => total + (expected.get(firstBin + index + step) ?? 0), 0);
        expect(count).toBeLessThanOrEqual(near);
      });
    }),
  );
});
