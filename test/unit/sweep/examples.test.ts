import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { readSweep } from '../../../src/main/engine/sweep/read-sweep';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';

const folder = join(import.meta.dirname, '..', '..', '..', 'examples');

describe('examples', () => {
  test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s can be run', async (name) => {
    const { recipes } = await readSweep(join(folder, name));
    expect(Object.keys(recipes).length).toBeGreaterThan(1);
    for (const recipe of Object.values(recipes)) expect(checkRecipe(recipe)).toHaveLength(recipe.length);
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
