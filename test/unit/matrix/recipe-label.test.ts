import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { recipeLabels } from '../../../src/renderer/matrix/recipe-label';

const labels = (...texts: string[]): string[] =>
  [...recipeLabels(texts).values()].map(({ differs, rest }) => `${differs} / ${rest}`);

describe('recipeLabels', () => {
  it.each<[string, string[], string[]]>([
    [
      'one parameter, and what the family shares stays behind',
      ['quantize.weights{bits:4, group:32}', 'quantize.weights{bits:3, group:32}'],
      ['bits:4 / quantize.weights{group:32}', 'bits:3 / quantize.weights{group:32}'],
    ],
    [
      'a parameter that is not given',
      ['quantize.static', 'quantize.static{calibration:entropy}'],
      ['calibration:default / quantize.static', 'calibration:entropy / quantize.static'],
    ],
    [
      'pipelines of the same techniques',
      ['prune.channels{macs:0.7} | quantize.static', 'prune.channels{macs:0.5} | quantize.static'],
      ['macs:0.7 / prune.channels | quantize.static', 'macs:0.5 / prune.channels | quantize.static'],
    ],
    [
      'one name in two steps says of which',
      ['a{x:1} | b{x:1}', 'a{x:2} | b{x:2}'],
      ['a x:1, b x:1 / a | b', 'a x:2, b x:2 / a | b'],
    ],
    ['lists and groups', ['a{l:[1, 2]}', 'a{l:[1]}'], ['l:[1, 2] / a', 'l:[1] / a']],
    [
      'other techniques are no family',
      ['', 'fp16', 'prune.channels{macs:0.7}', 'prune.channels{macs:0.7} | fp16'],
      [' / ', ' / fp16', ' / prune.channels{macs:0.7}', ' / prune.channels{macs:0.7} | fp16'],
    ],
  ])('%s', (_, texts, expected) => expect(labels(...texts)).toEqual(expected));

  it('no two recipes of a family are labelled alike, and nothing is lost', () => {
    const recipe = fc.record({ x: fc.option(fc.integer(), { nil: undefined }), y: fc.boolean() });
    const texts = fc.uniqueArray(
      recipe.map(({ x, y }) => `t{${x === undefined ? '' : `x:${x}, `}y:${y}}`),
      { minLength: 2, maxLength: 8 },
    );
    fc.assert(
      fc.property(texts, (all) => {
        const found = recipeLabels(all);
        expect(new Set([...found.values()].map(({ differs }) => differs)).size).toBe(all.length);
        for (const [text, { differs, rest }] of found) {
          const given = differs.split(', ').filter((each) => each !== 'x:default');
          const together = { ...parseRecipe(rest)[0]!.params, ...parseRecipe(`t{${given.join(', ')}}`)[0]!.params };
          expect(together).toEqual(parseRecipe(text)[0]!.params);
        }
      }),
    );
  });
});
