import type { TechniqueInfo } from '@shared/recipe';

interface ParameterSchema {
  type?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  items?: ParameterSchema;
}

export interface ParameterRow {
  name: string;
  allowed: string;
  fallback: string;
  help: string;
}

/** The parameters of a technique in words, for help and docs; everything comes from the schema. */
export function parameterRows(technique: TechniqueInfo): ParameterRow[] {
  const properties = (technique.paramsSchema.properties ?? {}) as Record<string, ParameterSchema>;
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    allowed: allowedText(schema),
    fallback: schema.default === undefined ? '' : plainText(schema.default),
    help: schema.description ?? '',
  }));
}

function allowedText(schema: ParameterSchema): string {
  if (schema.enum) return schema.enum.join(', ');
  if (schema.type === 'boolean') return 'true, false';
  if (schema.type === 'array') return `list of ${schema.items ? allowedText(schema.items) : 'values'}`;
  const isBound = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const kind = schema.type === 'integer' ? 'whole number' : (schema.type ?? 'any');
  if (isBound(schema.minimum) && isBound(schema.maximum)) return `${kind}, ${schema.minimum} to ${schema.maximum}`;
  if (isBound(schema.minimum)) return `${kind}, at least ${schema.minimum}`;
  return kind;
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
