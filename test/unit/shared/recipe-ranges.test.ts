import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanCount, spanValue } from '@shared/number-span';
import { recipeSchema, type Recipe } from '@shared/recipe';
import { expandRecipes, recipeVariants } from '@shared/recipe-ranges';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';

const techniques = [
  {
    id: 'prune',
    paramsSchema: {
      properties: {
        macs: { type: 'number', minimum: 0, maximum: 1 },
        count: { type: 'integer' },
        scope: { type: 'string', enum: ['global', 'local'] },
        exclude: { type: 'array', items: { type: 'string' } },
        refit: { type: 'boolean' },
      },
    },
  },
  { id: 'code', paramsSchema: { properties: { bits: { type: 'number', enum: [1, 2, 3, 4, 8] } } } },
];
const recipe = (text: string): Recipe => parseRecipe(text);
const expand = (recipes: Record<string, string>, models = 1): Record<string, string> =>
  Object.fromEntries(
    Object.entries(
      expandRecipes(
        Object.fromEntries(Object.entries(recipes).map(([name, text]) => [name, recipe(text)])),
        techniques,
        models,
      ),
    ).map(([name, steps]) => [name, formatRecipe(steps)]),
  );
const refusal = (text: string): string => {
  try {
    expand({ small: text });
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return 'nothing';
};

describe('expandRecipes', () => {
  it('leaves recipes without ranges as they are', () => {
    expect(expand({ baseline: '', pruned: 'prune{macs:0.7, exclude:[a, b]} | code' })).toEqual({
      baseline: '',
      pruned: 'prune{macs:0.7, exclude:[a, b]} | code',
    });
  });

  it('makes a recipe of each value in a list, named after it', () => {
    expect(expand({ pruned: 'prune{macs:[0.9, 0.8]} | code{bits:4}' })).toEqual({
      'pruned macs 0.9': 'prune{macs:0.9} | code{bits:4}',
      'pruned macs 0.8': 'prune{macs:0.8} | code{bits:4}',
    });
  });

  it('goes from one number to another in steps, without dust in the decimals', () => {
    expect(Object.keys(expand({ a: 'prune{macs:{from:0.3, to:0.9, step:0.1}}' }))).toEqual(
      ['0.3', '0.4', '0.5', '0.6', '0.7', '0.8', '0.9'].map((value) => `a macs ${value}`),
    );
    expect(Object.keys(expand({ a: 'prune{count:{from:5, to:1, step:-2}}' }))).toEqual([
      'a count 5',
      'a count 3',
      'a count 1',
    ]);
    expect(Object.keys(expand({ a: 'code{bits:{from:2, to:8, step:6}}' }))).toEqual(['a bits 2', 'a bits 8']);
  });

  it('stops before the end where no step reaches it', () => {
    expect(Object.keys(expand({ a: 'prune{macs:{from:0, to:0.9, step:0.4}}' }))).toEqual([
      'a macs 0',
      'a macs 0.4',
      'a macs 0.8',
    ]);
  });

  it('tries all combinations, the last parameter first', () => {
    expect(Object.keys(expand({ a: 'prune{macs:[0.9, 0.8], scope:[global, local]} | code{bits:[4, 8]}' }))).toEqual([
      'a macs 0.9, scope global, bits 4',
      'a macs 0.9, scope global, bits 8',
      'a macs 0.9, scope local, bits 4',
      'a macs 0.9, scope local, bits 8',
      'a macs 0.8, scope global, bits 4',
      'a macs 0.8, scope global, bits 8',
      'a macs 0.8, scope local, bits 4',
      'a macs 0.8, scope local, bits 8',
    ]);
  });

  it('says which step a parameter belongs to where two have it', () => {
    expect(Object.keys(expand({ a: 'code{bits:[4, 8]} | code{bits:[1]}' }))).toEqual([
      'a step 1 bits 4, step 2 bits 1',
      'a step 1 bits 8, step 2 bits 1',
    ]);
  });

  it('takes a list for the value of a parameter that takes lists, and a list of lists for its range', () => {
    expect(expand({ a: 'prune{exclude:[x, y]}' })).toEqual({ a: 'prune{exclude:[x, y]}' });
    expect(expand({ a: 'prune{exclude:[]}' })).toEqual({ a: 'prune{exclude:[]}' });
    expect(expand({ a: 'prune{exclude:[[], [x, y]]}' })).toEqual({
      'a exclude []': 'prune{exclude:[]}',
      'a exclude [x, y]': 'prune{exclude:[x, y]}',
    });
  });

  it('tries both settings of a switch', () => {
    expect(Object.keys(expand({ a: 'prune{refit:[false, true]}' }))).toEqual(['a refit false', 'a refit true']);
  });

  it('leaves what it does not know to those who check recipes', () => {
    expect(expand({ a: 'prun{macs:[1, 2]} | prune{mac:[1, 2]}' })).toEqual({
      a: 'prun{macs:[1, 2]} | prune{mac:[1, 2]}',
    });
    expect(expand({ a: 'prune{toString:[1, 2]}' })).toEqual({ a: 'prune{toString:[1, 2]}' });
  });

  it.each([
    [
      'prune{macs:[]}',
      'In the recipe "small", prune: "macs" has an empty list. Give a list of values, or { from, to, step }.',
    ],
    ['prune{macs:[0.9, 0.9]}', 'lists 0.9 twice'],
    ['prune{macs:{from:0.9, to:0.3, step:0.1}}', '"macs" has an empty range (from 0.9 to 0.3 in steps of 0.1)'],
    ['prune{macs:{from:0.3, to:0.9, step:0}}', '"macs" has an empty range (from 0.3 to 0.9 in steps of 0)'],
    ['prune{macs:{from:0.3, to:0.9}}', '"macs" has a range whose "step" is no number'],
    ['prune{macs:{from:0.3, to:0.9, steps:3}}', '"macs" has a range with "steps" in it'],
    ['prune{scope:{from:0, to:1, step:1}}', '"scope" takes no numbers, so it cannot go from one to another'],
    ['prune{macs:{from:0, to:1e300, step:1e-9}}', 'more digits than can be counted'],
    [
      'prune{macs:{from:0, to:1, step:0.0001}}',
      'The sweep would have 10,001 trials (1 model x 10,001 recipes), and the most is 1,000.',
    ],
    [
      `prune{macs:[0.9, 0.8], exclude:[[${'x'.repeat(300)}]]}`,
      'The recipe "small" cannot be expanded: the name "small macs 0.9',
    ],
  ])('refuses %s', (text, sentence) => {
    expect(refusal(text)).toContain(sentence);
  });

  it('counts models, before it makes anything', () => {
    const text = 'prune{count:{from:1, to:400, step:1}}';
    expect(Object.keys(expand({ a: text }, 2))).toHaveLength(400);
    expect(() => expand({ a: text }, 3)).toThrow(
      'The sweep would have 1,200 trials (3 models x 400 recipes), and the most is 1,000.',
    );
    const huge = '{from:0, to:1000000, step:0.000001}';
    expect(() => expand({ a: `prune{macs:${huge}, count:${huge}}` })).toThrow(
      /would have 1,000,000,000,[\d,]+ trials|would have [\d,]+ trials/,
    );
  });

  it('refuses a name that comes out twice', () => {
    expect(() => expand({ 'a macs 0.9': 'prune', a: 'prune{macs:[0.9, 0.8]}' })).toThrow(
      'The recipe "a" cannot be expanded: another one is called "a macs 0.9" too; rename one.',
    );
  });

  const values = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 });
  const steps = fc.array(
    fc.oneof(
      values.map((list) => ({ prune: { macs: list.map((value) => value / 100) } })),
      fc.integer({ min: 1, max: 9 }).map((tenths) => ({ prune: { macs: tenths / 10, exclude: ['x'] } })),
      fc.constant({ code: { bits: { from: 1, to: 4, step: 1 } } }),
      fc.constant('code'),
    ),
    { maxLength: 3 },
  );
  const countOf = (written: unknown[]): number =>
    written.reduce<number>((product, step) => {
      const macs = (step as { prune?: { macs: unknown } }).prune?.macs;
      const isSpan = typeof step === 'object' && step !== null && 'code' in step;
      return product * (Array.isArray(macs) ? macs.length : isSpan ? 4 : 1);
    }, 1);

  it('makes each combination once, deterministically, and nothing that is a range any more', () => {
    fc.assert(
      fc.property(steps, (written) => {
        const parsed = recipeSchema.parse(written);
        const before = structuredClone(parsed);
        const expanded = expandRecipes({ recipe: parsed }, techniques, 1);
        expect(parsed).toEqual(before);
        expect(Object.keys(expanded)).toHaveLength(countOf(written));
        expect(new Set(Object.values(expanded).map(formatRecipe)).size).toBe(countOf(written));
        expect(expandRecipes({ recipe: parsed }, techniques, 1)).toEqual(expanded);
        expect(expandRecipes(expanded, techniques, 1)).toEqual(expanded);
        expect(recipeVariants(parsed, techniques).map((variant) => variant.recipe)).toEqual(Object.values(expanded));
      }),
    );
  });
});

describe('a span', () => {
  const decimal = (whole: bigint, decimals: number): string => {
    const digits = (whole < 0n ? -whole : whole).toString().padStart(decimals + 1, '0');
    const text = `${digits.slice(0, digits.length - decimals)}.${digits.slice(digits.length - decimals)}`;
    return `${whole < 0n ? '-' : ''}${text}`;
  };

  it('has the numbers that decimal arithmetic gives, to the last bit', () => {
    const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 5000 }), fc.nat(200), fc.nat(7), (first, by, steps, decimals) => {
        const at = (index: number): number => Number(decimal(BigInt(first) + BigInt(index) * BigInt(by), decimals));
        const span = { from: at(0), to: at(steps), step: Number(decimal(BigInt(by), decimals)) };
        expect(spanCount(span)).toBe(steps + 1);
        for (let index = 0; index <= steps; index++) expect(spanValue(span, index)).toBe(at(index) + 0);
      }),
    );
  });

  it('reads numbers in exponent form', () => {
    const span = { from: 1e-7, to: 5e-7, step: 2e-7 };
    expect(spanCount(span)).toBe(3);
    expect([0, 1, 2].map((index) => spanValue(span, index))).toEqual([1e-7, 3e-7, 5e-7]);
  });
});
