import { Builder, type Offset } from 'flatbuffers';
import { scalarBytes, type Field, type FieldType, type Schema, type SchemaDefinition, type TableOf } from './schema';
import type { UnionValue } from './schema';

type Fields = Readonly<Record<string, unknown>>;

/** What vectors of bytes start at a multiple of: constants are used in place, by instructions that want aligned memory. */
const byteAlignment = 16;

/**
 * A flatbuffer of the schema's root table. Only fields that are there and differ from their defaults are written.
 * @param reserved bytes left empty behind it, a multiple of 16.
 * Throws where the value names a field or an enumerator that the schema does not have.
 */
export function writeFlatbuffer<Definition extends SchemaDefinition>(
  schema: Schema<Definition>,
  value: TableOf<Definition, Definition['root']>,
  reserved = 0,
): Uint8Array {
  // A multiple as well, so that in memory, too, the file starts at one.
  const builder = new Builder(Math.ceil((reserved + capacityFor(value)) / byteAlignment) * byteAlignment);
  builder.pad(reserved);
  const { root, identifier } = schema.definition;
  builder.finish(writeTable(builder, schema, root, value as Fields), identifier);
  return builder.asUint8Array();
}

/** Bytes that hold the value whatever its types, so that the builder need not double its memory to grow. */
export function capacityFor(value: unknown): number {
  if (typeof value === 'string') return 3 * value.length + 12;
  if (value instanceof Uint8Array) return value.length + 2 * byteAlignment;
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + capacityFor(element), 24);
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, field) => sum + 12 + capacityFor(field), 32);
}

function writeTable(builder: Builder, schema: Schema, table: string, value: Fields): Offset {
  const fields = schema.tables.get(table);
  if (!fields) throw new Error(`the schema has no table "${table}"`);
  const names = new Set(fields.map(({ name }) => name));
  const unknown = Object.keys(value).find((name) => value[name] !== undefined && !names.has(name));
  if (unknown !== undefined) throw new Error(`${table} has no field "${unknown}"`);
  const present = fields.filter(({ name }) => value[name] !== undefined);
  // What a table points to is written before it: the file grows from its end.
  const content = present.map(({ name, type }) => writeContent(builder, schema, type, value[name]));
  builder.startObject((fields.at(-1)?.id ?? -1) + 1);
  present.forEach((field, index) => addField(builder, field, value[field.name], content[index]));
  return builder.endObject();
}

/** Whatever lies outside the table that holds it; undefined: nothing does. */
function writeContent(builder: Builder, schema: Schema, type: FieldType, value: unknown): Offset | undefined {
  switch (type.kind) {
    case 'scalar':
      return undefined;
    case 'string':
      return builder.createString(value as string);
    case 'table':
      return writeTable(builder, schema, type.table, value as Fields);
    case 'union':
      return writeTable(builder, schema, String((value as UnionValue).table), (value as UnionValue).fields);
    case 'vector':
      return writeVector(builder, schema, type.of, value);
  }
}

function writeVector(builder: Builder, schema: Schema, of: FieldType, value: unknown): Offset {
  if (value instanceof Uint8Array) {
    // Aligned here; createByteVector then finds nothing to align and copies all at once.
    builder.startVector(1, value.length, byteAlignment);
    return builder.createByteVector(value);
  }
  const elements = value as readonly unknown[];
  if (of.kind === 'scalar') {
    const bytes = scalarBytes[of.scalar];
    builder.startVector(bytes, elements.length, bytes);
    for (const element of elements.toReversed()) addScalar[of.scalar](builder, numberOf(of, element));
    return builder.endVector();
  }
  const offsets = elements.map((element) => writeContent(builder, schema, of, element)!);
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

function addField(builder: Builder, { id, type, fallback }: Field, value: unknown, content: Offset | undefined): void {
  if (type.kind === 'union') {
    builder.addFieldInt8(id - 1, type.members.indexOf(String((value as UnionValue).table)) + 1, 0);
  }
  if (type.kind === 'scalar') {
    const number = numberOf(type, value);
    if (number === fallback) return;
    addScalar[type.scalar](builder, number);
    builder.slot(id);
  } else {
    builder.addFieldOffset(id, content!, 0);
  }
}

function numberOf({ names }: FieldType & { kind: 'scalar' }, value: unknown): number {
  if (typeof value !== 'string') return Number(value);
  const number = names?.indexOf(value) ?? -1;
  if (number < 0) throw new Error(`the schema has no enumerator "${value}"`);
  return number;
}

const addScalar = {
  bool: (builder: Builder, value: number) => builder.addInt8(value),
  int8: (builder: Builder, value: number) => builder.addInt8(value),
  uint8: (builder: Builder, value: number) => builder.addInt8(value),
  uint16: (builder: Builder, value: number) => builder.addInt16(value),
  int32: (builder: Builder, value: number) => builder.addInt32(value),
  uint32: (builder: Builder, value: number) => builder.addInt32(value),
  int64: (builder: Builder, value: number) => builder.addInt64(BigInt(value)),
  uint64: (builder: Builder, value: number) => builder.addInt64(BigInt(value)),
  float32: (builder: Builder, value: number) => builder.addFloat32(value),
};
