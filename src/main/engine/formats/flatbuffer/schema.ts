/**
 * What reading and writing need of a flatbuffer schema (https://flatbuffers.dev/schema), as plain values. A field's type is written as in the
 * schema language: "int32", "int32 = 1" where the default is not zero, "[float32]" for a vector, "string", or the name of a table, an
 * enumeration or a union. Ids are places in the list; a union takes two.
 */
export interface SchemaDefinition {
  /** Four characters that name the format inside the file. */
  readonly identifier: string;
  readonly root: string;
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names of the values 0, 1, 2 ... and the integer that holds them. */
  readonly enumerations: Readonly<Record<string, { readonly type: ScalarType; readonly names: readonly string[] }>>;
  /** Tables in the order 1, 2, 3 ... One that is not among `tables` has no fields. */
  readonly unions: Readonly<Record<string, readonly string[]>>;
}

/** Marks a field that is passed over: withdrawn, or of no use here. */
export const passedOver = '-';

export const scalarBytes = {
  bool: 1,
  int8: 1,
  uint8: 1,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
} as const;
export type ScalarType = keyof typeof scalarBytes;

export type FieldType =
  | { kind: 'scalar'; scalar: ScalarType; names?: readonly string[] }
  | { kind: 'string' }
  | { kind: 'table'; table: string }
  | { kind: 'union'; members: readonly string[] }
  | { kind: 'vector'; of: FieldType };

export interface Field {
  name: string;
  id: number;
  type: FieldType;
  /** Of scalars: what an absent field means. */
  fallback: number;
}

/** A schema with its fields resolved. */
export interface Schema<Definition extends SchemaDefinition = SchemaDefinition> {
  readonly definition: Definition;
  readonly tables: ReadonlyMap<string, readonly Field[]>;
}

/** The value of a union: which table, and its fields; only a number where the schema does not know the member. */
export interface UnionValue {
  table: string | number;
  fields: Record<string, unknown>;
}

/** What a field of such a type holds. Enumerations are names, or numbers where the schema has no name. */
type ValueOf<S extends SchemaDefinition, T extends string> = T extends `${infer Type} = ${string}`
  ? ValueOf<S, Type>
  : T extends '[uint8]'
    ? Uint8Array
    : T extends `[${infer Element}]`
      ? ValueOf<S, Element>[]
      : T extends 'bool'
        ? boolean
        : T extends 'string'
          ? string
          : T extends ScalarType
            ? number
            : T extends keyof S['enumerations']
              ? string | number
              : T extends keyof S['unions']
                ? UnionValue
                : T extends keyof S['tables']
                  ? TableOf<S, T>
                  : never;

/** A table as plain values; a field that is absent, or has its default, need not be there. */
export type TableOf<S extends SchemaDefinition, T extends keyof S['tables']> = {
  -readonly [F in keyof S['tables'][T]]?: ValueOf<S, S['tables'][T][F]>;
};

/** Resolves the types of all fields. Throws where a type is unknown. */
export function defineSchema<const Definition extends SchemaDefinition>(definition: Definition): Schema<Definition> {
  const tables = new Map(
    Object.entries(definition.tables).map(([name, fields]) => [name, fieldsOf(fields, definition)]),
  );
  for (const member of Object.values(definition.unions).flat()) if (!tables.has(member)) tables.set(member, []);
  return { definition, tables };
}

function fieldsOf(fields: Readonly<Record<string, string>>, definition: SchemaDefinition): Field[] {
  const resolved: Field[] = [];
  let id = 0;
  for (const [name, text] of Object.entries(fields)) {
    if (text === passedOver) {
      id++;
      continue;
    }
    const [typeName, fallback] = text.split(' = ') as [string, string | undefined];
    const type = fieldType(typeName, definition);
    if (type.kind === 'union') id++;
    resolved.push({ name, id, type, fallback: fallback === 'true' ? 1 : Number(fallback ?? 0) });
    id++;
  }
  return resolved;
}

function fieldType(name: string, definition: SchemaDefinition): FieldType {
  if (name.startsWith('[')) return { kind: 'vector', of: fieldType(name.slice(1, -1), definition) };
  if (name === 'string') return { kind: 'string' };
  if (Object.hasOwn(scalarBytes, name)) return { kind: 'scalar', scalar: name as ScalarType };
  const enumeration = definition.enumerations[name];
  if (enumeration) return { kind: 'scalar', scalar: enumeration.type, names: enumeration.names };
  const members = definition.unions[name];
  if (members) return { kind: 'union', members };
  if (!Object.hasOwn(definition.tables, name)) throw new Error(`the schema has no type "${name}"`);
  return { kind: 'table', table: name };
}

/** The fields of a table together with the defaults of its scalars that are absent. */
export function withDefaults(schema: Schema, table: string, fields: Readonly<Record<string, unknown>>) {
  const complete: Record<string, unknown> = {};
  for (const { name, type, fallback } of schema.tables.get(table) ?? []) {
    if (fields[name] !== undefined) complete[name] = fields[name];
    else if (type.kind === 'scalar')
      complete[name] = type.scalar === 'bool' ? fallback !== 0 : (type.names?.[fallback] ?? fallback);
  }
  return complete;
}
