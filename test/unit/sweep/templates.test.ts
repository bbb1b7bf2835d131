import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expandRecipes, maximumTrials } from '@shared/recipe-ranges';
import { readSweep } from '../../../src/main/engine/sweep/read-sweep';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { describeTechniques, techniques } from '../../../src/main/engine/techniques/registry';
import { findTemplate, sweepTemplates } from '../../../src/main/engine/techniques/templates';

const expanded = (id: string) => expandRecipes(findTemplate(id).recipes, describeTechniques(), 3);

describe('templates', () => {
  it.each(sweepTemplates())('$id: every recipe can run, the baseline first', ({ id, recipes }) => {
    expect(Object.keys(recipes)[0]).toBe('baseline');
    const all = expanded(id);
    expect(Object.keys(all).length * 3).toBeLessThan(maximumTrials);
    for (const recipe of Object.values(all)) expect(checkRecipe(recipe)).toHaveLength(recipe.length);
  });

  it('has every technique at its defaults', () => {
    const { baseline, ...alone } = findTemplate('defaults').recipes;
    expect(baseline).toEqual([]);
    expect(alone).toEqual(Object.fromEntries(techniques.map(({ id }) => [id, [{ technique: id, params: {} }]])));
  });

  it('has the overnight sweep of the examples, at least 40 trials on three networks', async () => {
    const path = join(import.meta.dirname, '..', '..', '..', 'examples', 'overnight.sweep.yaml');
    const { recipes, models } = await readSweep(path);
    expect(recipes).toEqual(findTemplate('overnight').recipes);
    expect(models).toEqual(findTemplate('overnight').models);
    expect(Object.keys(expanded('overnight')).length * models.length).toBeGreaterThanOrEqual(40);
    // What each family gives shows early.
    expect(Object.keys(recipes).slice(0, 3)).toEqual(['baseline', 'int8', 'channels']);
  });

  it('says which there are', () => {
    expect(() => findTemplate('overnigth')).toThrow(
      'Unknown template "overnigth"; did you mean "overnight"? "whittle templates" lists them.',
    );
  });
});
