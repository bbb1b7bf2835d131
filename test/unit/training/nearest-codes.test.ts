import fc from 'fast-check';
import { expect, test } from 'vitest';
import { takeNearestCodes, withinCells } from '../../../src/main/engine/training/nearest-codes';
import type { Codebook } from '../../../src/main/engine/compression/storage/codebook';

const real = fc.integer({ min: -1000, max: 1000 }).map((value) => value / 100);

/** Two rows of entries, in any order and with equals among them, and weights for them; the last row is not full. */
const anyRows = fc.integer({ min: 1, max: 6 }).chain((entries) =>
  fc.record({
    entries: fc.constant(entries),
    values: fc.array(real, { minLength: 2 * entries, maxLength: 2 * entries }),
    weights: fc.array(real, { minLength: 7, maxLength: 7 }),
    codes: fc.array(fc.integer({ min: 0, max: entries - 1 }), { minLength: 7, maxLength: 7 }),
  }),
);

const rowLength = 4;
const bookOf = (entries: number, numbers: Float32Array): Codebook => ({
  rows: 2,
  rowLength,
  entries,
  numbers,
  perRow: entries,
  decodeOf: (table) => ({ table }),
});

test('each weight takes the code of the nearest entry of its row', () => {
  fc.assert(
    fc.property(anyRows, fc.nat(6), ({ entries, values, weights, codes }, kept) => {
      const numbers = Float32Array.from(values);
      const taken = Float32Array.from(codes);
      takeNearestCodes(bookOf(entries, numbers), numbers, Float32Array.from(weights), taken, (index) => index === kept);
      weights.forEach((weight, index) => {
        const row = numbers.subarray(Math.floor(index / rowLength) * entries).subarray(0, entries);
        const distance = (code: number): number => Math.abs(row[code]! - weight);
        const least = Math.min(...Array.from(row, (_, code) => distance(code)));
        if (index === kept) expect(taken[index]).toBe(codes[index]);
        else expect(distance(taken[index]!)).toBeCloseTo(least, 5);
      });
    }),
  );
});

test('weights that were moved into their cells keep their codes, and those that lie in them stay', () => {
  fc.assert(
    fc.property(anyRows, ({ entries, values, weights, codes }) => {
      const numbers = Float32Array.from(values);
      const book = bookOf(entries, numbers);
      const own = Uint8Array.from(codes);
      const moved = withinCells(book, numbers, Float32Array.from(weights), own);
      const valueOf = (index: number, code: number): number => numbers[Math.floor(index / rowLength) * entries + code]!;
      const taken = own.slice();
      takeNearestCodes(book, numbers, moved, taken, () => false);
      taken.forEach((code, index) => expect(valueOf(index, code)).toBe(valueOf(index, own[index]!)));
      const again = own.slice();
      const inside = moved.map((weight, index) => (weight + valueOf(index, own[index]!)) / 2);
      expect(withinCells(book, numbers, inside, again)).toEqual(inside);
    }),
  );
});
