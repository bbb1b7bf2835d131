import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { recipeSchema, type Recipe } from '@shared/recipe';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';

describe('recipe text', () => {
  it.each<[string, Recipe]>([
    ['', []],
    ['  ', []],
    ['fp16', [{ technique: 'fp16', params: {} }]],
    ['fp16{}', [{ technique: 'fp16', params: {} }]],
    [
      'prune.magnitude{amount:0.5, scope:global} | quantize.static',
      [
        { technique: 'prune.magnitude', params: { amount: 0.5, scope: 'global' } },
        { technique: 'quantize.static', params: {} },
      ],
    ],
    [
      ' a { n : -1.5e-3 , t : true, f:false, z:null, s:"x y", l:[1, [two], {k:3}], "odd key":.5 } ',
      [
        {
          technique: 'a',
          params: { n: -0.0015, t: true, f: false, z: null, s: 'x y', l: [1, ['two'], { k: 3 }], 'odd key': 0.5 },
        },
      ],
    ],
  ])('%j', (text, recipe) => {
    expect(parseRecipe(text)).toEqual(recipe);
    expect(parseRecipe(formatRecipe(recipe))).toEqual(recipe);
    expect(recipeSchema.parse(recipe)).toEqual(recipe);
  });

  it.each([
    ['|', 1, 'expected a technique, found "|"'],
    ['fp16 |', 7, 'expected a technique, found the end'],
    ['fp16 fp16', 6, 'expected "|" and the next step, found "f"'],
    ['a{', 3, 'expected the name of a parameter, found the end'],
    ['a{b}', 4, 'expected ":" after "b", found "}"'],
    ['a{b:}', 5, 'expected a value, found "}"'],
    ['a{b:1 c:2}', 7, 'expected "}" after the parameters, found "c"'],
    ['a{b:1,b:2}', 7, '"b" is given twice'],
    ['a{b:"x}', 5, 'the quotation mark is never closed'],
    ['a{b:[1}', 7, 'expected "]" at the end of the list, found "}"'],
    ['a{b:5px}', 6, '"5" is followed by letters; put the text in quotation marks'],
    [`a{b:${'['.repeat(40)}`, undefined, 'too many brackets inside each other'],
  ])('%j at %s: %s', (text, position, detail) => {
    const error = (() => {
      try {
        return parseRecipe(text);
      } catch (thrown) {
        return thrown as AppError;
      }
    })();
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'recipe.syntax',
      facts: position === undefined ? { detail } : { position, detail },
    });
  });

  it('reads back what it writes, whatever the names and values', () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    const step = fc.record({
      technique: fc.string({ minLength: 1, maxLength: 8 }),
      params: fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3 }), (recipe) => {
        const plain = JSON.parse(JSON.stringify(recipe)) as Recipe;
        expect(parseRecipe(formatRecipe(plain))).toEqual(plain);
      }),
    );
  });

  it('sets no prototype', () => {
    const [step] = parseRecipe('a{__proto__:{polluted:1}}');
    expect(Object.hasOwn(step!.params, '__proto__')).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('ends on any text, with a recipe or recipe.syntax', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a1.{}[]:,|"\\ -e') }), (text) => {
        try {
          expect(Array.isArray(parseRecipe(text))).toBe(true);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'recipe.syntax' });
        }
      }),
    );
  });
});
