import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zeroSmallest } from '../../../src/main/engine/math/magnitude-selection';

const tensor = fc.array(
  fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0.5, -0.5, 0, -0)),
  { maxLength: 40 },
);

test('zeroes what a stable sort by magnitude puts first', () => {
  fc.assert(
    fc.property(
      fc.array(tensor, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (lists, amount) => {
        const tensors = lists.map((list) => Float32Array.from(list));
        const all = tensors.flatMap((data) => [...data]);
        const count = Math.round(all.length * amount);
        const order = all.map((_, index) => index).sort((a, b) => Math.abs(all[a]!) - Math.abs(all[b]!) || a - b);
        for (const index of order.slice(0, count)) all[index] = 0;
        const result = zeroSmallest(tensors, count).flatMap((data) => [...data]);
        expect(result.map((value) => value + 0)).toEqual(all.map((value) => value + 0));
      },
    ),
  );
});

test('leaves its input alone', () => {
  const data = Float32Array.of(3, -1, 2);
  expect([...zeroSmallest([data], 2)[0]!]).toEqual([3, 0, 0]);
  expect([...data]).toEqual([3, -1, 2]);
  expect(zeroSmallest([data], 0)[0]).not.toBe(data);
});
