import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

const scalars = {
  int32: WireType.Varint,
  int64: WireType.Varint,
  uint64: WireType.Varint,
  bool: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
} as const;
type Scalar = keyof typeof scalars;

/**
 * Messages of a .proto file by name: each field with its number and what it holds. `Tensor` is a message, `[Tensor]` a list of them, `{Tensor}`
 * a map from strings to them; lists of numbers are packed.
 */
export type ProtoSchema = Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>;

/** A message as plain values: fields by name, absent ones left out. */
export type Message = Readonly<Record<string, unknown>>;

const isScalar = (type: string): type is Scalar => Object.hasOwn(scalars, type);
const isPacked = (type: Scalar): boolean => scalars[type] !== WireType.LengthDelimited;

/** What a type says: one, many or many by name, of what. */
function parsed(type: string): { form: 'one' | 'list' | 'map'; of: string } {
  const of = type.slice(1, -1);
  return type.startsWith('[')
    ? { form: 'list', of }
    : type.startsWith('{')
      ? { form: 'map', of }
      : { form: 'one', of: type };
}

/** The bytes of a message (protobuf wire format). Fields are written in the order of the schema, so that equal messages are equal bytes. */
export function encodeMessage(schema: ProtoSchema, name: string, message: object): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  write(writer, schema, name, message as Message);
  return writer.finish();
}

function write(writer: BinaryWriter, schema: ProtoSchema, name: string, message: Message): void {
  const fields = schema[name]!;
  for (const field of Object.keys(message))
    if (!Object.hasOwn(fields, field)) throw new Error(`${name} has no field "${field}"`);
  for (const [field, [number, type]] of Object.entries(fields)) {
    const value = message[field];
    if (value === undefined) continue;
    const { form, of } = parsed(type);
    if (form === 'map') {
      for (const [key, entry] of Object.entries(value as Message)) {
        writer.tag(number, WireType.LengthDelimited).fork();
        writer.tag(1, WireType.LengthDelimited).string(key);
        writeOne(writer, schema, 2, of, entry);
        writer.join();
      }
    } else if (form === 'one') writeOne(writer, schema, number, of, value);
    else if (isScalar(of) && isPacked(of)) {
      writer.tag(number, WireType.LengthDelimited).fork();
      for (const each of value as Iterable<unknown>) writeScalar(writer, of, each);
      writer.join();
    } else for (const each of value as Iterable<unknown>) writeOne(writer, schema, number, of, each);
  }
}

function writeOne(writer: BinaryWriter, schema: ProtoSchema, number: number, type: string, value: unknown): void {
  if (isScalar(type)) {
    writer.tag(number, scalars[type]);
    writeScalar(writer, type, value);
    return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  write(writer, schema, type, value as Message);
  writer.join();
}

function writeScalar(writer: BinaryWriter, type: Scalar, value: unknown): void {
  (writer[type] as (value: unknown) => BinaryWriter).call(writer, value);
}

/**
 * A message from its bytes; fields that the schema does not know are skipped. Integers of 64 bits are numbers.
 * Throws where the bytes are cut short.
 */
export function decodeMessage(schema: ProtoSchema, name: string, bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes);
  return read(reader, schema, name, reader.len);
}

function read(reader: BinaryReader, schema: ProtoSchema, name: string, end: number): Message {
  const fields = new Map(Object.entries(schema[name]!).map(([field, [number, type]]) => [number, { field, type }]));
  const message: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const known = fields.get(number);
    if (!known) {
      reader.skip(wire, number);
      continue;
    }
    const { form, of } = parsed(known.type);
    if (form === 'one') message[known.field] = readOne(reader, schema, of);
    // Without a prototype "__proto__" is a key as any other.
    else if (form === 'map')
      Object.assign((message[known.field] ??= Object.create(null)), readEntry(reader, schema, of));
    else {
      const list = (message[known.field] ??= []) as unknown[];
      if (isScalar(of) && isPacked(of) && wire === WireType.LengthDelimited) {
        const last = reader.uint32() + reader.pos;
        while (reader.pos < last) list.push(readOne(reader, schema, of));
      } else list.push(readOne(reader, schema, of));
    }
  }
  return message;
}

function readEntry(reader: BinaryReader, schema: ProtoSchema, type: string): Message {
  const entry = { Entry: { key: [1, 'string'], value: [2, type] } } as const;
  const { key, value } = read(reader, { ...schema, ...entry }, 'Entry', reader.uint32() + reader.pos);
  return { [String(key)]: value };
}

function readOne(reader: BinaryReader, schema: ProtoSchema, type: string): unknown {
  if (!isScalar(type)) return read(reader, schema, type, reader.uint32() + reader.pos);
  const value = (reader[type] as () => unknown).call(reader);
  return type === 'int64' || type === 'uint64' ? Number(value) : value;
}
