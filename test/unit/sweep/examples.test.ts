import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expandRecipes } from '@shared/recipe-ranges';
import { parseRecipe } from '@shared/recipe-syntax';
import { readSweep } from '../../../src/main/engine/sweep/read-sweep';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { describeTechniques } from '../../../src/main/engine/techniques/registry';

const folder = join(import.meta.dirname, '..', '..', '..', 'examples');

describe('examples', () => {
  test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s can be run', async (name) => {
    const { recipes, models } = await readSweep(join(folder, name));
    const expanded = Object.values(expandRecipes(recipes, describeTechniques(), models.length));
    expect(expanded.length).toBeGreaterThan(1);
    for (const recipe of expanded) expect(checkRecipe(recipe)).toHaveLength(recipe.length);
  });
});

test.each([
  'prune.channels | prune.layers | prune.secondOrder | quantize.weights',
  'prune.channels | prune.layers | prune.secondOrder | quantize.static',
  'prune.channels | prune.layers | prune.secondOrder | cluster.weights',
  'prune.layers | prune.channels | factorize | prune.secondOrder | quantize.static',
  'prune.secondOrder | shrink.input | quantize.static',
])('%s is a sensible order', (recipe) => {
  expect(checkRecipe(parseRecipe(recipe)).length).toBeGreaterThan(2);
});
