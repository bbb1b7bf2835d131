import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Budget } from '@shared/presenter/budget';
import { formatBudget, parseBudget } from '@shared/presenter/parse-budget';

it.each<[string, Budget]>([
  ['drop<=1,size<=2MB,time<=0.5', { maxDropPoints: 1, maxBytes: 2e6, maxLatencyRatio: 0.5 }],
  ['time ≤ 50% ; loss <= 0.5 points', { maxDropPoints: 0.5, maxLatencyRatio: 0.5 }],
  ['SIZE<=1.5MiB', { maxBytes: 1_572_864 }],
  ['size<=2.2MB', { maxBytes: 2_200_000 }],
  ['bytes<=512B', { maxBytes: 512 }],
  ['latency<=x0.46', { maxLatencyRatio: 0.46 }],
  ['drop<=0', { maxDropPoints: 0 }],
])('%s', (text, budget) => expect(parseBudget(text)).toEqual(budget));

it.each([
  ['', 'it is empty'],
  ['speed<=2', '"speed<=2" is no limit; it knows drop, size and time'],
  ['drop<1', '"drop<1" needs "<=", as in drop<=1'],
  ['size<=2', '"size<=2" cannot be read; size takes 1 B to 1 TB, with its unit'],
  ['size<=2 parsecs', 'cannot be read'],
  ['drop<=-1', '"drop<=-1" cannot be read'],
  ['drop<=101', 'is out of range; drop takes 0 to 100 points of top-1'],
  ['time<=0', 'is out of range'],
  ['drop<=1, loss<=2', 'loss is limited twice'],
  ['drop<=1,', '"" is no limit'],
  ['drop<=1e', 'cannot be read'],
])('"%s" is refused: %s', (text, detail) => expect(() => parseBudget(text)).toThrow(detail));

it('reads what it writes', () => {
  const budgets = fc.record(
    {
      maxDropPoints: fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
      maxBytes: fc.integer({ min: 1, max: 1e12 }),
      maxLatencyRatio: fc.integer({ min: 1, max: 100_000 }).map((thousandths) => thousandths / 1000),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(budgets, (budget) => {
      const text = formatBudget(budget);
      if (text === '') expect(budget).toEqual({});
      else expect(parseBudget(text)).toEqual(budget);
    }),
  );
});
