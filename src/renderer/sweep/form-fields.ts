import type { NumberRange } from '../components/ui/number-range';

/** One control of a parameter form. `fallback` is what applies while nothing is chosen. */
interface FieldBase {
  name: string;
  label: string;
  unit?: string;
  help?: string;
}
export type FormField =
  | (FieldBase & {
      kind: 'number';
      range: NumberRange;
      step: number;
      fallback?: number;
    })
  | (FieldBase & {
      kind: 'choice';
      options: { value: string; label: string; raw: string | number }[];
      fallback?: string | number;
    })
  | (FieldBase & { kind: 'switch'; fallback?: boolean })
  | (FieldBase & { kind: 'text'; fallback?: string })
  | (FieldBase & { kind: 'texts'; fallback?: string[] })
  /** A shape no control shows; the recipe's text form does. */
  | (FieldBase & { kind: 'other'; fallback?: unknown });

interface PropertySchema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  items?: PropertySchema;
  anyOf?: PropertySchema[];
}

/** The controls for a JSON Schema object (draft 2020-12, as zod writes it), in its order. */
export function formFields(schema: Record<string, unknown>): FormField[] {
  const properties = (schema.properties ?? {}) as Record<string, PropertySchema>;
  return Object.entries(properties).map(([name, property]) => fieldFor(name, property));
}

function fieldFor(name: string, property: PropertySchema): FormField {
  const base: FieldBase = { name, label: property.title ?? words(name), help: property.description };
  const fallback = property.default;
  const options = choices(property);
  if (options) return { ...base, kind: 'choice', options, fallback: isChoice(fallback) ? fallback : undefined };
  switch (property.type) {
    case 'number':
    case 'integer':
      return {
        ...base,
        kind: 'number',
        unit: isFraction(property) ? 'fraction' : undefined,
        ...numberBounds(property),
        fallback: typeof fallback === 'number' ? fallback : undefined,
      };
    case 'boolean':
      return { ...base, kind: 'switch', fallback: typeof fallback === 'boolean' ? fallback : undefined };
    case 'string':
      return { ...base, kind: 'text', fallback: typeof fallback === 'string' ? fallback : undefined };
    case 'array':
      if (property.items?.type !== 'string') break;
      return { ...base, kind: 'texts', fallback: Array.isArray(fallback) ? fallback.map(String) : undefined };
    default:
      break;
  }
  return { ...base, kind: 'other', fallback };
}

export const isChoice = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

/** An enum, or alternatives that are each one constant. */
function choices({
  enum: listed,
  anyOf,
  const: only,
}: PropertySchema): { value: string; label: string; raw: string | number }[] | undefined {
  const values = listed ?? (only !== undefined ? [only] : anyOf?.map((option) => option.const));
  if (!values?.length || !values.every(isChoice)) return undefined;
  return values.map((raw) => ({ value: String(raw), label: String(raw), raw }));
}

function numberBounds(property: PropertySchema): { range: NumberRange; step: number } {
  const whole = property.type === 'integer';
  const range: NumberRange = { optional: true };
  if (whole) range.whole = true;
  for (const [own, theirs] of boundNames) {
    const value = bound(property[theirs]);
    if (value !== undefined) range[own] = value;
  }
  return { range, step: property.multipleOf ?? (whole ? 1 : stepFor(property)) };
}

const boundNames = [
  ['minimum', 'minimum'],
  ['maximum', 'maximum'],
  ['above', 'exclusiveMinimum'],
  ['below', 'exclusiveMaximum'],
] as const;

/** A share of something: between nothing and all of it. */
function isFraction({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum }: PropertySchema): boolean {
  return type === 'number' && (minimum ?? exclusiveMinimum ?? -1) >= 0 && (maximum ?? exclusiveMaximum ?? 2) <= 1;
}

/** zod writes the bounds of safe integers where there are none. */
function bound(value: number | undefined): number | undefined {
  return value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** About twenty presses of an arrow key from one end to the other. */
function stepFor({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: PropertySchema): number {
  const low = bound(minimum ?? exclusiveMinimum) ?? 0;
  const high = bound(maximum ?? exclusiveMaximum);
  if (high === undefined || high <= low) return 0.1;
  return 10 ** Math.floor(Math.log10((high - low) / 5));
}

/** "perChannel" and "per_channel" as people write it: "Per channel". */
function words(name: string): string {
  const text = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return (text.charAt(0).toUpperCase() + text.slice(1)).replace(/\bmacs\b/i, 'MACs');
}
