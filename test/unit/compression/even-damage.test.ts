import { expect, test } from 'vitest';
import { evenDamage } from '../../../src/main/engine/compression/pruning/even-damage';

const shares = [0.5, 0.8] as const;

test('a robust layer loses more, and the damage of both is the same', () => {
  // damage = 4 a s^2 for a = 0.1 and 0.4: even where one share is twice the other.
  const curve = (scale: number) => ({
    weights: 1000,
    shares,
    damages: [scale * 0.25, scale * 0.64] as const,
  });
  expect(evenDamage([curve(0.1), curve(0.4)], 900)).toEqual([600, 300]);
});

test.each([0, 1, 77, 150, 297, 299, 300])('exactly %i zeros', (zeros) => {
  const curves = [0, 1e-12, 3].map((damage) => ({ weights: 100, shares, damages: [damage, 2 * damage] as const }));
  const each = evenDamage(curves, zeros);
  expect(each.reduce((sum, value) => sum + value, 0)).toBe(zeros);
  for (const value of each) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(100);
  }
});
