import { describe, expect, test } from 'vitest';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { storingTechniques } from '../../../src/main/engine/techniques/stored-weights';

const makers = [
  'prune.magnitude',
  'prune.secondOrder',
  'prune.channels',
  'prune.layers',
  'prune.units',
  'factorize',
  'recalibrate',
];
const step = (technique: string) => ({ technique, params: {} });

describe.each(makers)('%s makes new weights', (maker) => {
  test.each(storingTechniques)('so it is refused after %s, and not before it', (storing) => {
    expect(() => checkRecipe([step(storing), step(maker)])).toThrow(
      expect.objectContaining({ code: 'technique.order' }),
    );
    expect(checkRecipe([step(maker), step(storing)])).toHaveLength(2);
  });
});
