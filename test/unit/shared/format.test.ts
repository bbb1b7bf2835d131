import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as format from '@shared/format';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [48_124, '48.12 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.00 MB'],
    [1_332_452, '1.33 MB'],
    [13_970_000, '13.97 MB'],
    [102_170_000, '102.2 MB'],
    [99_996_000, '100.0 MB'],
    [3_000_000_000, '3.00 GB'],
    [Number.NaN, '—'],
  ])('%d -> %s', (bytes, text) => expect(format.formatBytes(bytes)).toBe(text));

  it('reads back to within half a unit of its last digit', () => {
    const scale: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (bytes) => {
        const [number, unit] = format.formatBytes(bytes).split(' ');
        const back = Number(number!.replaceAll(',', '')) * scale[unit!]!;
        expect(Math.abs(back - bytes)).toBeLessThanOrEqual(bytes * 0.00501);
      }),
    );
  });
});

describe('columns that name their unit in the header', () => {
  it.each([
    [13_970_000, '13.97'],
    [102_170_000, '102.2'],
    [1_332_452, '1.33'],
    [733_000, '0.73'],
    [48_124, '0.048'],
  ])('formatMegabytes(%d) -> %s', (bytes, text) => expect(format.formatMegabytes(bytes)).toBe(text));

  it.each([
    [0.4321, '0.432 ms'],
    [0.9996, '1.00 ms'],
    [5.6, '5.60 ms'],
    [9.996, '10.0 ms'],
    [58.08, '58.1 ms'],
    [99.96, '100 ms'],
    [1234.4, '1,234 ms'],
    [Number.POSITIVE_INFINITY, '—'],
  ])('formatMs(%d) -> %s', (milliseconds, text) => expect(format.formatMs(milliseconds)).toBe(text));
});

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [1234, '1,234'],
    [9999, '9,999'],
    [10_000, '10 k'],
    [1_235_496, '1.24 M'],
    [3_504_872, '3.5 M'],
    [25_557_032, '25.6 M'],
    [300_000_000, '300 M'],
    [999_600_000, '1 G'],
    [4_089_184_256, '4.09 G'],
  ])('%d -> %s', (count, text) => expect(format.formatCount(count)).toBe(text));
});

describe('formatCounted', () => {
  it.each([
    [0, '0 images'],
    [1, '1 image'],
    [2104, '2,104 images'],
  ])('%d -> %s', (count, text) => expect(format.formatCounted(count, 'image')).toBe(text));
  it('takes another plural', () => {
    expect(format.formatCounted(1, 'class', 'classes')).toBe('1 class');
    expect(format.formatCounted(10, 'class', 'classes')).toBe('10 classes');
  });
});

describe('signs', () => {
  it.each([
    [0.4, 1, '+0.4'],
    [-1.2, 1, '−1.2'],
    [0, 1, '0.0'],
    [-0.04, 1, '0.0'],
    [0.04, 1, '0.0'],
    [0.04, 2, '+0.04'],
    [-1234.5, 1, '−1,234.5'],
    [Number.NaN, 1, '—'],
  ])('formatDelta(%d, %d) -> %s', (delta, decimals, text) => expect(format.formatDelta(delta, decimals)).toBe(text));

  it('never writes a hyphen for a minus', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (delta) => {
        expect(format.formatDelta(delta)).not.toContain('-');
      }),
    );
  });

  it('writes intervals with the form of their ends', () => {
    expect(format.formatInterval([-1.4, 0.6], (end) => format.formatDelta(end))).toBe('[−1.4, +0.6]');
    expect(format.formatInterval([77.4, 82.3])).toBe('[77.4, 82.3]');
    expect(format.formatRatioInterval([0.5712, 0.6149])).toBe('[0.57, 0.61]');
  });
});

describe('formatRatio', () => {
  it.each([
    [0.593, '×0.59'],
    [1, '×1.00'],
    [0.0938, '×0.094'],
    [0.0996, '×0.10'],
    [12.34, '×12.3'],
  ])('%d -> %s', (ratio, text) => expect(format.formatRatio(ratio)).toBe(text));
});

describe('formatPercent', () => {
  it('keeps to the digits that n images carry', () => {
    expect(format.formatPercent(80.1)).toBe('80.1 %');
    expect(format.formatPercent(80.124, format.percentDecimals(50_000))).toBe('80.12 %');
    expect(format.percentDecimals(1000)).toBe(1);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [999.6, '1.0 s'],
    [4210, '4.2 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [3_599_600, '1 h 00 min'],
    [3_900_000, '1 h 05 min'],
    [86_399_000, '1 d 0 h'],
    [183_600_000, '2 d 3 h'],
    [-5, '—'],
  ])('%d ms -> %s', (milliseconds, text) => expect(format.formatDuration(milliseconds)).toBe(text));
});
