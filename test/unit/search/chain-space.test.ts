import { describe, expect, it } from 'vitest';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { assignmentOf, chainChoices, chainOf, isChain } from '../../../src/main/engine/search/chain-space';
import { proposeParzen } from '../../../src/main/engine/search/tree-parzen';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { portfolio } from '../../../src/main/engine/techniques/portfolio';
import { findTechnique, techniques } from '../../../src/main/engine/techniques/registry';
import { chainPlaces } from '../../../src/main/engine/techniques/search-space';

const searched = techniques.filter(({ search }) => search !== undefined);

describe('what techniques declare for a search', () => {
  it.each(searched.map((technique) => [technique.id, technique] as const))(
    '%s accepts every value',
    (_id, technique) => {
      for (const [param, range] of Object.entries(technique.search!.params))
        for (const value of 'ordered' in range ? range.ordered : range.choices)
          expect(parseParams(technique, { [param]: value })).toMatchObject({ [param]: value });
    },
  );

  it('fills every place', () => {
    expect(new Set(searched.map(({ search }) => search!.place))).toEqual(new Set(chainPlaces));
  });
});

describe('the portfolio', () => {
  it.each(portfolio.map((chain) => [formatRecipe(chain), chain] as const))(
    '%s stands in the order of places',
    (_text, chain) => {
      expect(isChain(chain)).toBe(true);
      const places = chain.map(({ technique }) => chainPlaces.indexOf(findTechnique(technique).search!.place));
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    },
  );
});

describe('chains and assignments', () => {
  it('are the same thing', () => {
    const rng = createRandom(5);
    for (let count = 0; count < 100; count++) {
      const assignment = proposeParzen(chainChoices, [], [], rng, (one) => isChain(chainOf(one)))!;
      const chain = chainOf(assignment);
      expect(assignmentOf(chain)).toEqual(assignment);
      expect(chain.length).toBeGreaterThan(0);
      expect(chain.length).toBeLessThanOrEqual(5);
      expect(() => checkRecipe(chain)).not.toThrow();
    }
  });

  it('teach nothing of values that are never tried', () => {
    const learned = assignmentOf([
      { technique: 'quantize.static', params: { weights: 'tensor', calibration: 'entropy' } },
    ]);
    expect(learned.has('quantize.static calibration')).toBe(false);
    expect(learned.get('quantize.static keepFirst')).toBe(0);
  });
});

it.each([
  ['finetune', false],
  ['equalize | finetune | quantize.static', false],
  ['correctBias', false],
  ['prune.secondOrder | finetune', true],
  ['equalize | prune.secondOrder | finetune | quantize.static | correctBias', true],
])('what makes up for errors has errors before it: %s', (text, expected) => {
  expect(isChain(parseRecipe(text))).toBe(expected);
});
