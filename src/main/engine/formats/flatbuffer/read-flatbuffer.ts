import { scalarBytes, type Field, type FieldType, type ScalarType, type Schema } from './schema';
import type { SchemaDefinition, TableOf, UnionValue } from './schema';

/** What is wrong with a flatbuffer, as part of a sentence. */
export class FlatbufferError extends Error {}

/**
 * The root table of a flatbuffer as plain values, with absent fields left out and vectors of bytes as views. The bytes are not trusted: every
 * offset is checked before it is followed, and what is built from them is bounded by their number, however often they point to one place.
 * There are no cycles, since offsets lead forwards and the tables of a schema do not hold themselves. Throws `FlatbufferError`.
 */
export function readFlatbuffer<Definition extends SchemaDefinition>(
  schema: Schema<Definition>,
  bytes: Uint8Array,
): TableOf<Definition, Definition['root']> {
  const reader = new Reader(schema, bytes);
  return reader.table(schema.definition.root, reader.target(0)) as TableOf<Definition, Definition['root']>;
}

/** Whether bytes begin as the schema's files do. */
export function hasIdentifier({ definition }: Schema, bytes: Uint8Array): boolean {
  return bytes.length >= 8 && Buffer.from(bytes.subarray(4, 8)).toString('latin1') === definition.identifier;
}

/** Roughly what values take in memory, bytes: a table with its fields, a number in a list. */
const [tableCost, numberCost] = [64, 8];
/** A table is at least 8 bytes in the file, a number in a vector at least 1; few files point to one place more than once. */
const costLimit = (bytes: number): number => Math.min(2 ** 28, 65_536 + 32 * bytes);

class Reader {
  private readonly view: DataView;
  private allowance: number;

  constructor(
    private readonly schema: Schema,
    private readonly bytes: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.allowance = costLimit(bytes.length);
  }

  table(name: string, position: number): Record<string, unknown> {
    this.spend(tableCost);
    const vtable = position - this.scalar('int32', position);
    const vtableBytes = this.scalar('uint16', vtable);
    const tableBytes = this.scalar('uint16', vtable + 2);
    this.need(vtable, vtableBytes);
    this.need(position, tableBytes);
    const place = ({ id, type }: Field, at = id): number | undefined => {
      const slot = 4 + 2 * at;
      const offset = slot + 2 <= vtableBytes ? this.scalar('uint16', vtable + slot) : 0;
      if (offset === 0) return undefined;
      const size = type.kind === 'scalar' ? scalarBytes[type.scalar] : at === id ? 4 : 1;
      if (offset + size > tableBytes) throw new FlatbufferError(`a field of a ${name} lies outside it`);
      return position + offset;
    };
    const fields: Record<string, unknown> = {};
    for (const field of this.schema.tables.get(name) ?? []) {
      const at = place(field);
      if (field.type.kind === 'union') {
        const member = place(field, field.id - 1);
        const value = this.union(field.type.members, member, at);
        if (value) fields[field.name] = value;
      } else if (at !== undefined) fields[field.name] = this.value(field.type, at);
    }
    return fields;
  }

  /** Where the offset at a position leads. */
  target(position: number): number {
    return position + this.scalar('uint32', position);
  }

  private value(type: Exclude<FieldType, { kind: 'union' }>, position: number): unknown {
    switch (type.kind) {
      case 'scalar': {
        const number = this.scalar(type.scalar, position);
        return type.scalar === 'bool' ? number !== 0 : (type.names?.[number] ?? number);
      }
      case 'string':
        return this.text(this.target(position));
      case 'table':
        return this.table(type.table, this.target(position));
      case 'vector':
        return this.vector(type.of, this.target(position));
    }
  }

  private union(members: readonly string[], member?: number, position?: number): UnionValue | undefined {
    const number = member === undefined ? 0 : this.scalar('uint8', member);
    if (number === 0) return undefined;
    const table = members[number - 1];
    if (table === undefined) return { table: number, fields: {} };
    return { table, fields: position === undefined ? {} : this.table(table, this.target(position)) };
  }

  private vector(of: FieldType, position: number): unknown {
    const length = this.scalar('uint32', position);
    const start = position + 4;
    const size = of.kind === 'scalar' ? scalarBytes[of.scalar] : 4;
    this.need(start, length * size);
    if (of.kind === 'scalar' && of.scalar === 'uint8') return this.bytes.subarray(start, start + length);
    if (of.kind === 'union') throw new Error('vectors of unions are not read');
    this.spend(length * numberCost);
    return Array.from({ length }, (_, index) => this.value(of, start + index * size));
  }

  private text(position: number): string {
    const length = this.scalar('uint32', position);
    this.need(position + 4, length);
    this.spend(2 * length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + position + 4, length).toString('utf8');
  }

  /** 64-bit integers beyond 2^53 lose their last bits. */
  private scalar(type: ScalarType, position: number): number {
    this.need(position, scalarBytes[type]);
    return Number(readScalar[type](this.view, position));
  }

  private need(position: number, bytes: number): void {
    if (position < 0 || position + bytes > this.bytes.length)
      throw new FlatbufferError(`byte ${position} and the ${bytes} from there lie outside the file`);
  }

  private spend(cost: number): void {
    this.allowance -= cost;
    if (this.allowance < 0) throw new FlatbufferError('it describes more than a file of its size holds');
  }
}

const readScalar = {
  bool: (view: DataView, at: number) => view.getUint8(at),
  int8: (view: DataView, at: number) => view.getInt8(at),
  uint8: (view: DataView, at: number) => view.getUint8(at),
  uint16: (view: DataView, at: number) => view.getUint16(at, true),
  int32: (view: DataView, at: number) => view.getInt32(at, true),
  uint32: (view: DataView, at: number) => view.getUint32(at, true),
  int64: (view: DataView, at: number) => view.getBigInt64(at, true),
  uint64: (view: DataView, at: number) => view.getBigUint64(at, true),
  float32: (view: DataView, at: number) => view.getFloat32(at, true),
} as const;
