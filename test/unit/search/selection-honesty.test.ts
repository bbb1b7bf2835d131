import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { simulateSearch, type SimulatedCandidate } from '../../fixtures/simulated-search';

const sweeps = 1000;

async function shares(
  loss: (rng: () => number) => number,
): Promise<{ winners: number; held: number; bySelection: number }> {
  const rng = createRandom(7);
  let [winners, held, chosen, bySelection] = [0, 0, 0, 0];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const candidates = Array.from({ length: 200 }, (): SimulatedCandidate => {
      const lost = loss(rng) / 100;
      return { gains: 0.02, losses: 0.02 + lost, sizeBytes: 1 + rng(), ratio: 1 };
    });
    const settings = { aims: { maxDrop: 1, goal: 'size' as const }, blocks: [125, 375], confirmation: 500 };
    for (const outcome of await simulateSearch(candidates, settings, `sweep ${sweep}`)) {
      chosen += outcome.isHeldBySelection === undefined ? 0 : 1;
      bySelection += outcome.isHeldBySelection ? 1 : 0;
      winners += outcome.isHeld === undefined ? 0 : 1;
      held += outcome.isHeld ? 1 : 0;
    }
  }
  return { winners, held: held / winners, bySelection: bySelection / chosen };
}

describe('the interval that a search reports holds the winner in 95 of 100 sweeps', { timeout: 60_000 }, () => {
  it('where 200 candidates do not differ', async () => {
    const { winners, held } = await shares(() => 0);
    expect(winners).toBeGreaterThan(0.9 * sweeps);
    expect(held).toBeGreaterThanOrEqual(0.95);
  });

  it('where they lose from nothing to four points; chosen without confirmation it does not', async () => {
    const { winners, held, bySelection } = await shares((rng) => 4 * rng());
    expect(winners).toBeGreaterThan(0.5 * sweeps);
    expect(held).toBeGreaterThanOrEqual(0.95);
    expect(bySelection).toBeLessThan(0.95);
  });
});
