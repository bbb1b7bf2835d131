import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markSmallest } from '../../../src/main/engine/compression/algebra/magnitude-selection';

const tensor = fc.array(
  fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0.5, -0.5, 0, -0)),
  { maxLength: 40 },
);

test('marks what a stable sort by magnitude puts first', () => {
  fc.assert(
    fc.property(
      fc.array(tensor, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (lists, amount) => {
        const all = lists.flat();
        const count = Math.round(all.length * amount);
        const order = all.map((_, index) => index).sort((a, b) => Math.abs(all[a]!) - Math.abs(all[b]!) || a - b);
        const expected = all.map(() => 0);
        for (const index of order.slice(0, count)) expected[index] = 1;
        const marks = markSmallest(
          lists.map((list) => Float32Array.from(list)),
          count,
        );
        expect(marks.flatMap((mark) => [...mark])).toEqual(expected);
      },
    ),
  );
});

test.each([
  [0, [0, 0, 0, 0]],
  [3, [0, 1, 0, 0]],
  // Two more weights are nearer to 6 than none.
  [6, [0, 1, 1, 0]],
  [5, [0, 1, 0, 0]],
  [20, [1, 1, 1, 1]],
])('elements that stand for 5, 4, 3 and 2 weights: as many as come nearest to %i', (count, expected) => {
  const [mark] = markSmallest([Float32Array.of(4, -1, 2, 3)], count, [Uint32Array.of(5, 4, 3, 2)]);
  expect([...mark!]).toEqual(expected);
});
