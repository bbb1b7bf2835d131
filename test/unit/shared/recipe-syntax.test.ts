import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';

describe('parseRecipe', () => {
  test.each([
    ['', []],
    ['  ', []],
    ['quantize.static', [{ technique: 'quantize.static', params: {} }]],
    ['fp16{}', [{ technique: 'fp16', params: {} }]],
    [
      'prune.magnitude{amount:0.5, scope:global} | quantize.static',
      [
        { technique: 'prune.magnitude', params: { amount: 0.5, scope: 'global' } },
        { technique: 'quantize.static', params: {} },
      ],
    ],
    [
      '\n a { "b c" : "d, }" , e : -1.5e3 }|f',
      [
        { technique: 'a', params: { 'b c': 'd, }', e: -1500 } },
        { technique: 'f', params: {} },
      ],
    ],
    [
      'a{on:true, off:false, none:null, word:min-max}',
      [{ technique: 'a', params: { on: true, off: false, none: null, word: 'min-max' } }],
    ],
    [
      'a{bits:[2, 4, [x]], rest:{k:.5}, empty:[]}',
      [{ technique: 'a', params: { bits: [2, 4, ['x']], rest: { k: 0.5 }, empty: [] } }],
    ],
  ])('%j', (text, expected) => {
    expect(parseRecipe(text)).toEqual(expected);
  });

  test.each([
    ['prune{amount 0.5}', 14, 'expected ":" after "amount"'],
    ['prune{amount:}', 14, 'expected a value, found "}"'],
    ['prune{amount:0.5', 17, 'found the end'],
    ['prune{amount:0.5}}', 18, 'found "}"'],
    ['prune |', 8, 'expected a technique, found the end'],
    ['| prune', 1, 'expected a technique, found "|"'],
    ['💥', 1, 'expected a technique, found "💥"'],
    ['prune{a:1, a:2}', 12, '"a" is given twice'],
    ['prune{a:"x}', 9, 'never closed'],
    ['prune{a:5x}', 10, 'quotation marks'],
    ['prune{a:[1}', 11, 'at the end of the list'],
    ['prune{a:"\\q"}', 9, 'unknown escape'],
    [`a{b:${'['.repeat(20)}`, 14, 'too many brackets'],
    ['x'.repeat(20_000), 1, 'longer than'],
  ])('%j fails at character %i', (text, position, detail) => {
    const error = (() => {
      try {
        parseRecipe(text);
      } catch (thrown) {
        return thrown as AppError;
      }
    })();
    expect(error).toBeInstanceOf(AppError);
    expect(error!.code).toBe('recipe.syntax');
    expect(error!.facts).toMatchObject({ position });
    expect(error!.message).toContain(detail);
  });

  test('a key named __proto__ is an ordinary key', () => {
    const params = parseRecipe('a{__proto__:{x:1}}')[0]!.params;
    expect(Object.keys(params)).toEqual(['__proto__']);
    expect((params as { x?: number }).x).toBeUndefined();
  });
});

describe('formatRecipe', () => {
  test('is written as people write it', () => {
    expect(
      formatRecipe([
        { technique: 'prune.magnitude', params: { amount: 0.5, scope: 'global', note: 'a b' } },
        { technique: 'fp16', params: {} },
      ]),
    ).toBe('prune.magnitude{amount:0.5, scope:global, note:"a b"} | fp16');
    expect(formatRecipe([])).toBe('');
  });

  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
  const leaf = fc.oneof(
    number,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
    fc.constantFrom('true', 'null', 'min-max', '5', 'é'),
  );
  const value = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.string(), leaf, { maxKeys: 3, noNullPrototype: true }),
  );
  const step = fc.record({
    technique: fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('quantize.static', 'true')),
    params: fc.dictionary(fc.string(), value, { maxKeys: 4, noNullPrototype: true }),
  });

  test('what it writes reads back as the same recipe', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), (recipe) => {
        expect(parseRecipe(formatRecipe(recipe))).toEqual(recipe);
      }),
      { numRuns: 500 },
    );
  });

  test('any text either parses or fails as a recipe error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab{}[]:,|"\\ 1.-') })), (text) => {
        try {
          expect(parseRecipe(formatRecipe(parseRecipe(text)))).toEqual(parseRecipe(text));
        } catch (thrown) {
          expect((thrown as AppError).code).toBe('recipe.syntax');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
