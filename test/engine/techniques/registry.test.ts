import { describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { parseRecipe } from '@shared/recipe-syntax';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { describeTechniques, findTechnique, techniques } from '../../../src/main/engine/techniques/registry';

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    return (thrown as AppError).message;
  }
  return 'nothing was thrown';
};

describe('every technique', () => {
  test.each(techniques.map((technique) => [technique.id, technique] as const))(
    '%s describes itself',
    (id, technique) => {
      expect(id).toMatch(/^[a-z][a-zA-Z0-9]*(\.[a-z][a-zA-Z0-9-]*)?$/);
      expect(technique.title).not.toBe('');
      expect(technique.summary).toMatch(/\.$/);
      const defaults = parseParams(technique, {});
      expect(parseParams(technique, defaults)).toEqual(defaults);
    },
  );

  test('has a schema that forms and docs can be made from', () => {
    const described = describeTechniques();
    expect(described.map(({ id }) => id)).toEqual(techniques.map(({ id }) => id));
    expect(new Set(described.map(({ id }) => id)).size).toBe(described.length);
    for (const { paramsSchema } of described) {
      expect(paramsSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(paramsSchema['required']).toBeUndefined();
      for (const property of Object.values(paramsSchema['properties'] as Record<string, Record<string, unknown>>)) {
        expect(property['description']).toBeTypeOf('string');
        expect(property).toHaveProperty('default');
        expect(property).toHaveProperty('type');
      }
    }
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  });

  test('bounds and choices are part of the schema', () => {
    const prune = describeTechniques().find(({ id }) => id === 'prune.magnitude')!;
    expect(prune.paramsSchema['properties']).toMatchObject({
      amount: { type: 'number', minimum: 0, maximum: 0.99, default: 0.5 },
      scope: { type: 'string', enum: ['global', 'local', 'sensitivity'], default: 'global' },
    });
  });
});

test.each([
  [
    'quantise.static',
    'Unknown technique "quantise.static"; did you mean "quantize.static"? "whittle techniques" lists them.',
  ],
  ['dithering', 'Unknown technique "dithering". "whittle techniques" lists them.'],
])('unknown technique %s', (id, expected) => {
  expect(messageOf(() => findTechnique(id))).toBe(expected);
});

const pruneDefaults = {
  amount: 0.5,
  scope: 'global',
  criterion: 'l1',
  pattern: 'unstructured',
  steps: 1,
  exclude: [],
  keepFirst: false,
  keepLast: false,
};

describe('parameters', () => {
  const prune = findTechnique('prune.magnitude');
  const advice = ' "whittle techniques prune.magnitude" lists the parameters.';

  test('defaults are filled in', () => {
    expect(parseParams(prune, { amount: 0.25 })).toEqual({ ...pruneDefaults, amount: 0.25 });
    expect(parseParams(prune, undefined)).toMatchObject({ amount: 0.5 });
  });

  test.each([
    [{ amount: 1.5 }, 'prune.magnitude: "amount" must be a number from 0 to 0.99, not 1.5.'],
    [{ amount: 'half' }, 'prune.magnitude: "amount" must be a number from 0 to 0.99, not "half".'],
    [{ amount: null }, 'prune.magnitude: "amount" must be a number from 0 to 0.99, not null.'],
    [{ scope: 'layer' }, 'prune.magnitude: "scope" must be "global" or "local" or "sensitivity", not "layer".'],
    [
      { criterion: 'x'.repeat(100) },
      `prune.magnitude: "criterion" must be "l1" or "l2" or "random", not "${'x'.repeat(58)}….`,
    ],
    [{ amout: 0.5 }, 'prune.magnitude: "amout" is not one of its parameters (did you mean "amount"?).'],
    [
      { bits: 4 },
      'prune.magnitude: "bits" is not one of its parameters (it has "amount", "scope", "criterion", "pattern", "steps", "exclude", "keepFirst", "keepLast").',
    ],
    [[0.5], 'prune.magnitude: parameters are written {name:value}, not [0.5].'],
  ])('%j', (params, expected) => {
    expect(messageOf(() => parseParams(prune, params))).toBe(expected + advice);
  });

  test('a technique without parameters', () => {
    expect(messageOf(() => parseParams(findTechnique('fp16'), { bits: 8 }))).toBe(
      'fp16: "bits" is not one of its parameters (it has none). "whittle techniques fp16" lists the parameters.',
    );
  });
});

describe('checkRecipe', () => {
  test('resolves a recipe to plain data with every default', () => {
    const resolved = checkRecipe(parseRecipe('prune.magnitude{amount:0.3} | quantize.static'));
    expect(resolved).toEqual([
      {
        technique: 'prune.magnitude',
        version: 2,
        params: { ...pruneDefaults, amount: 0.3 },
        needs: [],
        becomesReference: false,
        usesReference: false,
        dependsOn: [],
      },
      {
        technique: 'quantize.static',
        version: 7,
        params: {
          weights: 'channel',
          calibration: 'min-max',
          percentile: 99.999,
          profile: 'ort',
          weightScheme: 'symmetric',
          weightRange: 'mse',
          reduceRange: false,
          exclude: [],
          excludeTypes: [],
          keepFirst: false,
          keepLast: false,
          maxDrop: 100,
          format: 'qdq',
        },
        needs: ['calibration'],
        becomesReference: false,
        usesReference: false,
        dependsOn: [],
      },
    ]);
    expect(structuredClone(resolved)).toEqual(resolved);
    expect(checkRecipe([])).toEqual([]);
  });

  test.each([
    'quantize.static | prune.magnitude',
    'quantize.dynamic | prune.magnitude{amount:0.1}',
    'quantize.static | quantize.static',
    'quantize.static | quantize.dynamic',
    'fp16 | quantize.static',
    'fp16 | prune.magnitude | fp16',
    'fp16 | fp16',
  ])('refuses %s', (text) => {
    expect(messageOf(() => checkRecipe(parseRecipe(text)))).toMatch(
      /^In the recipe ".+", [a-z0-9.]+ cannot follow [a-z0-9.]+: .+\.$/,
    );
  });

  test.each([
    'prune.magnitude | fp16',
    'prune.magnitude | quantize.dynamic{scope:all}',
    'prune.magnitude{amount:0.2} | prune.magnitude',
  ])('accepts %s', (text) => {
    expect(checkRecipe(parseRecipe(text))).toHaveLength(2);
  });

  test('checks parameters too', () => {
    expect(messageOf(() => checkRecipe(parseRecipe('quantize.static{weights:row}')))).toContain(
      '"weights" must be "channel" or "tensor", not "row"',
    );
  });
});
