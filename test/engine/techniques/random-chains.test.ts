import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { formatRecipe } from '@shared/recipe-syntax';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { applyTo, expectForm, quickSteps, wholeNetwork, type QuickStep, type Stage } from './whole-network';

/** Parameters that leave a part of the network in another form. */
const partial: QuickStep[] = [
  { technique: 'quantize.static', params: { keepLast: true } },
  { technique: 'quantize.static', params: { format: 'qoperator', exclude: ['hidden'] } },
  { technique: 'quantize.dynamic', params: { scope: 'all' } },
  { technique: 'quantize.weights', params: { bits: 3, keepFirst: true, rounding: 'nearest' } },
  { technique: 'quantize.weights', params: { bits: 16 } },
  { technique: 'cluster.weights', params: { layers: ['mix', 'tail'], rounding: 'nearest' } },
  { technique: 'binarize.weights', params: { keepFirst: false, keepLast: false } },
];
const steps = [...quickSteps.filter(({ technique }) => technique !== 'quantize.mixed'), ...partial];

const isAccepted = (chain: QuickStep[]): boolean => {
  try {
    return checkRecipe(chain).length > 0;
  } catch {
    return false;
  }
};

test('three steps that are accepted run, and leave the form that was foreseen', async () => {
  const network = wholeNetwork();
  const chains = fc.array(fc.constantFrom(...steps), { minLength: 3, maxLength: 3 }).filter(isAccepted);
  for (const chain of fc.sample(chains, { seed: 9, numRuns: 24 })) {
    let stage: Stage = { graph: network, reference: network };
    for (const [at, step] of chain.entries()) {
      const next = await applyTo(stage, step).catch((thrown: unknown) => thrown);
      // A network may have nothing left of what a step works on, such as residual blocks or a layer of that name.
      if (next instanceof AppError && /: it has no |: nothing in the /.test(next.message)) break;
      expect(next, formatRecipe(chain)).not.toBeInstanceOf(Error);
      stage = next as Stage;
      expectForm(stage.graph, chain.slice(0, at + 1));
    }
  }
});
