import { expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { formatRecipe } from '@shared/recipe-syntax';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { mayGrow } from '../../../src/main/engine/techniques/order-table';
import { applyTo, bytesOf, expectForm, quickSteps, wholeNetwork, type QuickStep, type Stage } from './whole-network';

const network = wholeNetwork();
/** What a step that declares to add something may add to this small network. */
const mostBytesAdded = 15_000;
/** Values that a step makes anew may have longer names: a few bytes each, and no weight. */
const nameBytes = 64;

function refusalOf(steps: QuickStep[]): AppError | undefined {
  try {
    checkRecipe(steps);
    return undefined;
  } catch (thrown) {
    return thrown as AppError;
  }
}

test.each(quickSteps.map((step) => [step.technique, step] as const))(
  'after %s, every technique is refused before anything runs or leaves no larger file',
  async (_, first) => {
    const alone = await applyTo({ graph: network, reference: network }, first);
    const before = bytesOf(alone.graph);
    for (const second of quickSteps) {
      const recipe = formatRecipe([first, second]);
      const refused = refusalOf([first, second]);
      if (refused) {
        expect(refused.message, recipe).toMatch(/^In the recipe ".+", \S+ cannot follow \S+: .+; .+\.$/);
        const isSwapAdvised = refused.message.includes(`put ${second.technique} before ${first.technique}`);
        expect(refusalOf([second, first]) === undefined, recipe).toBe(isSwapAdvised);
        continue;
      }
      const next = await applyTo(alone, second).catch((thrown: unknown) => thrown);
      // Of a network made much smaller, names and scales are more than few bits of its weights.
      if (next instanceof AppError && /the smallest file it can write/.test(next.message)) continue;
      expect(next, recipe).not.toBeInstanceOf(Error);
      const { graph } = next as Stage;
      const added = mayGrow([first, second]) ? mostBytesAdded : 0;
      expect(bytesOf(graph), recipe).toBeLessThanOrEqual(before + added + nameBytes);
      expectForm(graph, [first, second]);
    }
  },
);
