import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelCounts,
  interpolate,
  type LatencyGrid,
} from '../../../src/main/engine/compression/latency/latency-grid';

const grid: LatencyGrid = {
  block: 8,
  inputs: [8, 16, 32],
  outputs: [8, 24],
  milliseconds: [
    [1, 3],
    [2, 6],
    [4, 12],
  ],
};

describe('a measured grid', () => {
  it.each([
    { inputs: 8, outputs: 8, expected: 1, why: 'a measured point' },
    { inputs: 32, outputs: 24, expected: 12, why: 'the last point' },
    { inputs: 24, outputs: 8, expected: 3, why: 'half way along the inputs' },
    { inputs: 16, outputs: 16, expected: 4, why: 'half way along the outputs' },
    { inputs: 24, outputs: 16, expected: 6, why: 'half way along both' },
    { inputs: 17, outputs: 8, expected: 3, why: 'a count in between costs its whole block' },
    { inputs: 1, outputs: 1, expected: 1, why: 'less than a block costs a block' },
    { inputs: 48, outputs: 8, expected: 6, why: 'beyond the last point, along the last two' },
  ])('gives $expected ms at $inputs x $outputs: $why', ({ inputs, outputs, expected }) => {
    expect(interpolate(grid, inputs, outputs)).toBeCloseTo(expected, 12);
  });

  it('does not round beyond what was measured: 20 channels of 20 cost what 20 cost', () => {
    const narrow: LatencyGrid = { block: 8, inputs: [3], outputs: [8, 20], milliseconds: [[1, 2]] };
    expect(interpolate(narrow, 3, 20)).toBe(2);
    expect(interpolate(narrow, 3, 18)).toBe(2);
  });

  it('never falls with more channels where what was measured does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30 }), (inputs, outputs) => {
        expect(interpolate(grid, inputs + 1, outputs)).toBeGreaterThanOrEqual(interpolate(grid, inputs, outputs));
        expect(interpolate(grid, inputs, outputs + 1)).toBeGreaterThanOrEqual(interpolate(grid, inputs, outputs));
      }),
    );
  });
});

describe('the channel counts of an axis', () => {
  it.each([
    { most: 3, block: 16, parts: 8, expected: [3] },
    { most: 24, block: 16, parts: 8, expected: [24] },
    { most: 32, block: 16, parts: 4, expected: [16, 32] },
    { most: 100, block: 16, parts: 4, expected: [16, 32, 48, 80, 100] },
    { most: 512, block: 16, parts: 4, expected: [16, 128, 256, 384, 512] },
  ])('of $most in blocks of $block are $expected', ({ most, block, parts, expected }) => {
    expect(channelCounts(most, block, parts)).toEqual(expected);
  });
});
