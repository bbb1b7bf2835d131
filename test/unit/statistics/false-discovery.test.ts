import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adjustForDiscoveries } from '@shared/statistics/false-discovery';

it('the example of Benjamini and Hochberg (1995), section 3.1: at 5 % the first four are discoveries, no more', () => {
  const p = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ];
  expect(adjustForDiscoveries(p).map((q) => q <= 0.05)).toEqual(p.map((_, index) => index < 4));
});

// R: p.adjust(p, "BH")
it.each<[number[], number[]]>([
  [[], []],
  [[0.3], [0.3]],
  [
    [0.01, 0.02, 0.03, 0.04, 0.05],
    [0.05, 0.05, 0.05, 0.05, 0.05],
  ],
  [
    [0.04, 0.001, 0.5],
    [0.06, 0.003, 0.5],
  ],
  [
    [0.2, 0.2, 1],
    [0.3, 0.3, 1],
  ],
])('%j -> %j', (p, q) => adjustForDiscoveries(p).forEach((value, index) => expect(value).toBeCloseTo(q[index]!, 12)));

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

it('is never below the raw value, never above 1, and keeps the order', () => {
  fc.assert(
    fc.property(pValues, (p) => {
      const q = adjustForDiscoveries(p);
      q.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(p[i]!);
        expect(value).toBeLessThanOrEqual(1);
        q.forEach((other, j) => p[i]! <= p[j]! && expect(value).toBeLessThanOrEqual(other));
      });
    }),
  );
});

it('does not depend on the order it is given in, and rejects what the step-up procedure rejects', () => {
  fc.assert(
    fc.property(
      pValues,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40, maxLength: 40 }),
      (p, keys) => {
        const order = p.map((_, index) => ({ index, key: keys[index]! })).sort((a, b) => a.key - b.key);
        const q = adjustForDiscoveries(p);
        const shuffled = adjustForDiscoveries(order.map(({ index }) => p[index]!));
        order.forEach(({ index }, position) => expect(shuffled[position]).toBe(q[index]));
        const sorted = p.toSorted((a, b) => a - b);
        const last = sorted.findLastIndex((value, index) => value * (p.length / (index + 1)) <= 0.05);
        const threshold = last < 0 ? -1 : sorted[last]!;
        expect(q.map((value) => value <= 0.05)).toEqual(p.map((value) => value <= threshold));
      },
    ),
  );
});
