import { z } from 'zod';
import { AppError } from '@shared/errors';
import { nearestName } from '@shared/nearest-name';
import type { Technique } from './technique';

interface PropertySchema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  anyOf?: PropertySchema[];
}

const quote = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
const shown = (value: unknown): string => {
  const text = quote(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};

/** What a parameter accepts, in words: `a number from 0 to 0.99`, `"global" or "local"`. */
function describeAllowed(schema: PropertySchema): string {
  if (schema.anyOf) return schema.anyOf.map(describeAllowed).join(', or ');
  if (schema.enum) return schema.enum.map(quote).join(' or ');
  if (schema.const !== undefined) return quote(schema.const);
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type !== 'number' && schema.type !== 'integer')
    return schema.type === 'string' ? 'a text' : `a ${schema.type}`;
  const noun = schema.type === 'integer' ? 'a whole number' : 'a number';
  const from = schema.exclusiveMinimum !== undefined ? `above ${schema.exclusiveMinimum}` : undefined;
  const below = schema.exclusiveMaximum !== undefined ? `below ${schema.exclusiveMaximum}` : undefined;
  // zod gives whole numbers the bounds of safe integers; those say nothing to people.
  const isBound = (value: number | undefined): value is number => value !== undefined && Math.abs(value) < 2 ** 53 - 1;
  const least = from ?? (isBound(schema.minimum) ? `from ${schema.minimum}` : undefined);
  const most =
    below ?? (isBound(schema.maximum) ? `${least?.startsWith('from') ? 'to' : 'up to'} ${schema.maximum}` : undefined);
  return [noun, least, most].filter(Boolean).join(' ');
}

function detailOf(
  issue: z.core.$ZodIssue,
  raw: Record<string, unknown>,
  properties: Record<string, PropertySchema>,
): string {
  const names = Object.keys(properties);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const near = nearestName(key, names);
    const advice = near
      ? `did you mean "${near}"?`
      : names.length
        ? `it has ${names.map(quote).join(', ')}`
        : 'it has none';
    return `${shown(key)} is not one of its parameters (${advice})`;
  }
  const name = String(issue.path[0] ?? '');
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!property) return issue.message;
  const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
  if (issue.code === 'custom') return `"${name}" ${issue.message}, not ${shown(given)}`;
  return `"${name}" must be ${describeAllowed(property)}, not ${shown(given)}`;
}

/**
 * Checks raw parameters against a technique's schema and fills in defaults. Throws `technique.params` with one sentence:
 * which parameter, what is allowed, what was given.
 */
export function parseParams(technique: Technique, raw: unknown): Record<string, unknown> {
  const given = raw ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new AppError('technique.params', {
      id: technique.id,
      detail: `parameters are written {name:value}, not ${shown(raw)}`,
    });
  }
  const result = technique.params.safeParse(given);
  if (result.success) return result.data as Record<string, unknown>;
  const schema = z.toJSONSchema(technique.params, { io: 'input' }) as { properties?: Record<string, PropertySchema> };
  const issue = result.error.issues[0]!;
  throw new AppError('technique.params', {
    id: technique.id,
    detail: detailOf(issue, given as Record<string, unknown>, schema.properties ?? {}),
  });
}
