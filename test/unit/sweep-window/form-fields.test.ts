import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formFields } from '../../../src/renderer/sweep/form-fields';

/** The schema as the registry makes it. */
const fieldsOf = (shape: z.ZodRawShape) => formFields(z.toJSONSchema(z.strictObject(shape), { io: 'input' }));
const fieldOf = (type: z.ZodType) => fieldsOf({ value: type })[0];

describe('a parameter form', () => {
  it.each([
    [
      'a fraction',
      z.number().min(0).max(0.99).default(0.5),
      {
        kind: 'number',
        unit: 'fraction',
        range: { minimum: 0, maximum: 0.99, optional: true },
        step: 0.1,
        fallback: 0.5,
      },
    ],
    [
      'a percentage',
      z.number().min(90).max(100),
      { kind: 'number', unit: undefined, range: { minimum: 90, maximum: 100 }, step: 1 },
    ],
    [
      'a whole number',
      z.number().int().min(1).max(8).default(4),
      { kind: 'number', unit: undefined, range: { whole: true, minimum: 1, maximum: 8 }, step: 1, fallback: 4 },
    ],
    ['a number above zero', z.number().gt(0).max(1), { kind: 'number', range: { above: 0, maximum: 1 }, step: 0.1 }],
    [
      'a whole number below a bound',
      z.number().int().min(0).lt(16),
      { kind: 'number', range: { whole: true, minimum: 0, below: 16 } },
    ],
    ['a number in steps', z.number().multipleOf(0.25).min(0).max(1), { kind: 'number', step: 0.25 }],
    ['an enum', z.enum(['global', 'local']).default('local'), { kind: 'choice', fallback: 'local' }],
    [
      'literals',
      z.union([z.literal('auto'), z.literal(4)]),
      {
        kind: 'choice',
        options: [
          { value: 'auto', label: 'auto', raw: 'auto' },
          { value: '4', label: '4', raw: 4 },
        ],
      },
    ],
    ['a switch', z.boolean().default(true), { kind: 'switch', fallback: true }],
    ['a text', z.string().default('x'), { kind: 'text', fallback: 'x' }],
    ['texts', z.array(z.string()).default([]), { kind: 'texts', fallback: [] }],
    ['numbers in a list', z.array(z.number()), { kind: 'other' }],
    ['a group', z.object({ a: z.number() }), { kind: 'other' }],
  ] as const)('shows %s', (_title, type, expected) => {
    expect(fieldOf(type as z.ZodType)).toMatchObject(expected);
  });

  it('has no bounds where zod only writes those of safe integers', () => {
    expect(fieldOf(z.number().int())).toMatchObject({ range: { whole: true, optional: true }, step: 1 });
  });

  it('names fields in words and keeps their order and help', () => {
    const fields = fieldsOf({
      perChannel: z.boolean().describe('One scale a channel'),
      bit_width: z.number(),
      l1: z.string(),
      macs: z.number(),
    });
    expect(fields.map((field) => field.label)).toEqual(['Per channel', 'Bit width', 'L1', 'MACs']);
    expect(fields[0]?.help).toBe('One scale a channel');
  });

  it('is empty for a technique without parameters', () => {
    expect(fieldsOf({})).toEqual([]);
    expect(formFields({ type: 'object' })).toEqual([]);
  });
});
