import { describe, expect, it } from 'vitest';
import { varianceComponents } from '../../../bench/variance-components';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';

describe('varianceComponents', () => {
  it('splits a table by hand', () => {
    // Means 2 and 6; squares within 2 + 2 over 2 degrees of freedom; squares between 2 (4 + 4) over 1.
    const { within, between, autocorrelation } = varianceComponents([
      [1, 3],
      [5, 7],
    ]);
    expect(within).toBeCloseTo(Math.sqrt(2), 12);
    expect(between).toBeCloseTo(Math.sqrt((16 - 2) / 2), 12);
    // Products -1 and -1 over squares 4, corrected by 1/2.
    expect(autocorrelation).toBeCloseTo(0, 12);
  });

  it.each([
    { rho: 0, persistent: 0 },
    { rho: 0.5, persistent: 0 },
    { rho: 0, persistent: 0.7 },
  ])('finds autocorrelation $rho and a lasting part of $persistent', ({ rho, persistent }) => {
    const random = createRandom('components');
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const rows = Array.from({ length: 400 }, () => {
      const lasting = persistent * normal();
      let state = normal();
      return Array.from({ length: 40 }, () => {
        state = rho * state + Math.sqrt(1 - rho ** 2) * normal();
        return lasting + state;
      });
    });
    const found = varianceComponents(rows);
    expect(Math.abs(found.autocorrelation - rho)).toBeLessThan(0.05);
    expect(Math.abs(found.within - 1)).toBeLessThan(0.05);
    if (rho === 0) expect(Math.abs(found.between - persistent)).toBeLessThan(0.1);
  });
});
