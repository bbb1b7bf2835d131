import { ByteBuffer } from 'flatbuffers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FlatbufferError,
  hasIdentifier,
  readFlatbuffer,
} from '../../../../src/main/engine/formats/flatbuffer/read-flatbuffer';
import { defineSchema, withDefaults } from '../../../../src/main/engine/formats/flatbuffer/schema';
import { capacityFor, writeFlatbuffer } from '../../../../src/main/engine/formats/flatbuffer/write-flatbuffer';

const schema = defineSchema({
  identifier: 'TEST',
  root: 'Tree',
  tables: {
    Tree: {
      flag: 'bool',
      small: 'int8 = 7',
      withdrawn: '-',
      wide: 'int64',
      real: 'float32',
      name: 'string',
      numbers: '[int32]',
      bytes: '[uint8]',
      colour: 'Colour',
      shape: 'Shape',
      leaves: '[Leaf]',
      words: '[string]',
    },
    Leaf: { size: 'uint16', halves: '[float32]' },
    Circle: { radius: 'int32 = 3' },
  },
  enumerations: { Colour: { type: 'int8', names: ['RED', 'GREEN'] } },
  unions: { Shape: ['Circle', 'Point'] },
});

const float = fc.float({ noNaN: true }).map((value) => Math.fround(value) || 0);
const optional = { requiredKeys: [] as [] };
const leaf = fc.record({ size: fc.integer({ min: 1, max: 65_535 }), halves: fc.array(float) }, optional);
const tree = fc.record(
  {
    flag: fc.constant(true),
    small: fc.integer({ min: -128, max: 127 }).filter((value) => value !== 7),
    wide: fc.maxSafeInteger().filter((value) => value !== 0),
    real: float.filter((value) => value !== 0),
    name: fc.string({ unit: 'grapheme' }),
    numbers: fc.array(fc.integer()),
    bytes: fc.uint8Array(),
    colour: fc.constantFrom('GREEN'),
    shape: fc.constantFrom(
      { table: 'Circle', fields: { radius: 5 } },
      { table: 'Circle', fields: {} },
      { table: 'Point', fields: {} },
    ),
    leaves: fc.array(leaf, { maxLength: 4 }),
    words: fc.array(fc.string(), { maxLength: 4 }),
  },
  optional,
);

describe('flatbuffers', () => {
  it('come back as they were written, in no more memory than was planned', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const bytes = writeFlatbuffer(schema, value);
        expect(hasIdentifier(schema, bytes)).toBe(true);
        expect(bytes.length).toBeLessThanOrEqual(capacityFor(value));
        expect(readFlatbuffer(schema, bytes)).toEqual(value);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('are what the library that defines them reads', () => {
    const bytes = writeFlatbuffer(schema, { wide: -5, name: 'née', small: 7, bytes: Uint8Array.of(9, 8) });
    const buffer = new ByteBuffer(bytes);
    const table = buffer.readInt32(0);
    const place = (id: number): number => buffer.__offset(table, 4 + 2 * id);
    expect(buffer.__has_identifier('TEST')).toBe(true);
    expect(place(1), 'a default is left out').toBe(0);
    expect(place(0), 'what is absent is left out').toBe(0);
    expect(buffer.readInt64(table + place(3))).toBe(-5n);
    expect(buffer.__string(table + place(5))).toBe('née');
    expect(buffer.__vector(table + place(7)) % 16, 'bytes are aligned').toBe(0);
  });

  it('leave room behind them without losing their alignment', () => {
    const bytes = writeFlatbuffer(schema, { bytes: new Uint8Array(40).fill(1) }, 48);
    expect(bytes.subarray(-48).every((byte) => byte === 0)).toBe(true);
    expect(readFlatbuffer(schema, bytes).bytes!.byteOffset % 16).toBe(0);
    expect(readFlatbuffer(schema, bytes).bytes).toHaveLength(40);
  });

  it('say what the schema does not have', () => {
    expect(() => writeFlatbuffer(schema, { nmae: 'x' } as object)).toThrow('Tree has no field "nmae"');
    expect(() => writeFlatbuffer(schema, { colour: 'BLUE' })).toThrow('no enumerator "BLUE"');
    expect(() => writeFlatbuffer(schema, { shape: { table: 'Square', fields: {} } })).toThrow('no table "Square"');
    expect(() => defineSchema({ ...schema.definition, tables: { Tree: { a: 'Tee' } } })).toThrow('no type "Tee"');
  });

  it('tell the defaults of what is absent', () => {
    expect(withDefaults(schema, 'Circle', {})).toEqual({ radius: 3 });
    expect(withDefaults(schema, 'Tree', { name: 'a' })).toEqual({
      ...{ flag: false, small: 7, wide: 0, real: 0, colour: 'RED', name: 'a' },
    });
  });

  it('keep a number that an enumeration or a union of today does not have', () => {
    const bytes = writeFlatbuffer(schema, { colour: 'GREEN', shape: { table: 'Point', fields: {} } });
    const newer = Uint8Array.from(bytes);
    const table = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    const buffer = new ByteBuffer(bytes);
    newer[table + buffer.__offset(table, 4 + 2 * 8)] = 9;
    newer[table + buffer.__offset(table, 4 + 2 * 9)] = 77;
    expect(readFlatbuffer(schema, newer)).toEqual({ colour: 9, shape: { table: 77, fields: {} } });
  });

  it('that point to one place again and again are refused before memory is gone', () => {
    const bytes = writeFlatbuffer(schema, {
      leaves: Array.from({ length: 2_000 }, () => ({})),
      bytes: new Uint8Array(40_000),
    });
    // All leaves become one with a vector of 9,000 numbers: 144 MB of values in 60 kB of file.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const buffer = new ByteBuffer(bytes);
    const table = view.getInt32(0, true);
    const content = buffer.__vector(table + buffer.__offset(table, 4 + 2 * 7));
    const list = buffer.__vector(table + buffer.__offset(table, 4 + 2 * 11));
    // In the bytes: a vtable of one field with id 1, the table that uses it, its vector.
    [8, 8, 0, 4].forEach((value, index) => view.setUint16(content + 2 * index, value, true));
    view.setInt32(content + 8, 8, true);
    view.setUint32(content + 12, 4, true);
    view.setUint32(content + 16, 9_000, true);
    const isBefore = list < content;
    for (let index = 0; index < 2_000; index++) {
      const at = list + 4 * index;
      view.setUint32(at, isBefore ? content + 8 - at : 0, true);
    }
    if (isBefore)
      expect(() => readFlatbuffer(schema, bytes)).toThrow('it describes more than a file of its size holds');
    else throw new Error('the list should lie before the bytes');
  });

  it('are refused wherever they are cut', () => {
    const bytes = writeFlatbuffer(schema, { name: 'whole', numbers: [1, 2, 3], leaves: [{ size: 1 }] });
    for (let length = 0; length < bytes.length; length++) {
      try {
        readFlatbuffer(schema, bytes.subarray(0, length));
      } catch (thrown) {
        expect(thrown, `the first ${length} bytes`).toBeInstanceOf(FlatbufferError);
      }
    }
  });
});
