import { describe, expect, test } from 'vitest';
import { foreignNetworks } from '../../fixtures/networks/index';
import { outcomeOf, recipes } from '../../fixtures/networks/outcomes';

/** What a valid network may be refused with; everything else is a defect of ours. */
const refusals = ['technique.not-applicable', 'technique.params', 'technique.order'];

describe.each(foreignNetworks)('$name', (network) => {
  test('every recipe gives a network that runs, or says why not', async () => {
    const defects: string[] = [];
    for (const recipe of recipes) {
      try {
        const { refusal } = await outcomeOf(network, recipe);
        if (refusal && !refusals.includes(refusal.code)) defects.push(`${recipe}: ${refusal.code}: ${refusal.message}`);
      } catch (thrown) {
        defects.push(`${recipe}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
    expect(defects).toEqual([]);
  });
});
