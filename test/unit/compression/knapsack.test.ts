import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseWithin, type Choice } from '../../../src/main/engine/compression/algebra/knapsack';

/** Every combination, looked at. */
function bestOf(items: readonly (readonly Choice[])[], budget: number): number | undefined {
  const [first, ...rest] = items;
  if (!first) return budget >= 0 ? 0 : undefined;
  const losses = first.flatMap(({ cost, loss }) => {
    const others = bestOf(rest, budget - cost);
    return others === undefined ? [] : [loss + others];
  });
  return losses.length > 0 ? Math.min(...losses) : undefined;
}

const choice = fc.record({ cost: fc.integer({ min: 0, max: 40 }), loss: fc.integer({ min: 0, max: 1000 }) });
const network = fc.array(fc.array(choice, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });

describe('chooseWithin', () => {
  test('loses as little as the best of all combinations', () => {
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: 200 }), (items, budget) => {
        const found = chooseWithin(items, budget);
        expect(found?.loss).toBe(bestOf(items, budget));
        if (!found) return;
        expect(found.gap).toBe(0);
        expect(found.cost).toBeLessThanOrEqual(budget);
        const chosen = found.choices.map((at, item) => items[item]![at]!);
        expect(chosen.reduce((sum, { cost }) => sum + cost, 0)).toBe(found.cost);
        expect(chosen.reduce((sum, { loss }) => sum + loss, 0)).toBe(found.loss);
      }),
      { numRuns: 500 },
    );
  });

  test('a network of 60 layers is solved exactly, and more budget never loses more', () => {
    const items = Array.from({ length: 60 }, (_, layer) => {
      const weights = 500 + ((layer * 7919) % 90_000);
      const scale = 1e-4 * (1 + ((layer * 31) % 17));
      return Array.from({ length: 7 }, (_, at) => ({
        cost: Math.ceil((weights * (at + 2)) / 8),
        loss: scale * 4 ** -(at + 2),
      }));
    });
    const least = items.reduce((sum, each) => sum + each[0]!.cost, 0);
    let before = Infinity;
    for (const share of [1, 1.3, 1.9, 2.7, 4]) {
      const found = chooseWithin(items, Math.floor(least * share))!;
      expect(found.gap).toBe(0);
      expect(found.cost).toBeLessThanOrEqual(least * share);
      expect(found.loss).toBeLessThan(before);
      before = found.loss;
    }
    expect(chooseWithin(items, least - 1)).toBeUndefined();
  });
});
