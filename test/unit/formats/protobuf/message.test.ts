import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { NodeProtoSchema } from 'onnx-buf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, type ProtoSchema } from '../../../../src/main/engine/formats/protobuf/message';

const schema: ProtoSchema = {
  Tree: {
    name: [1, 'string'],
    count: [2, 'int64'],
    sizes: [3, '[int32]'],
    heights: [4, '[float]'],
    flag: [5, 'bool'],
    bark: [6, 'bytes'],
    trunk: [7, 'Branch'],
    branches: [8, '[Branch]'],
    byName: [9, '{Branch}'],
    words: [10, '{string}'],
    names: [300, '[string]'],
  },
  Branch: { length: [1, 'uint64'], leaves: [2, '[Branch]'] },
};

describe('messages of protobuf', () => {
  it('are read as they were written', () => {
    const branch = fc.letrec((tie) => ({
      branch: fc.record({
        length: fc.nat(),
        leaves: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie('branch'), { maxLength: 2, minLength: 1 })),
      }),
    })).branch;
    const tree = fc.record(
      {
        name: fc.string(),
        count: fc.integer(),
        sizes: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1 }),
        heights: fc.array(fc.float({ noNaN: true }), { minLength: 1 }),
        flag: fc.boolean(),
        bark: fc.uint8Array(),
        trunk: branch,
        branches: fc.array(branch, { minLength: 1, maxLength: 3 }),
        byName: fc.dictionary(fc.string(), branch, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
        words: fc.dictionary(fc.string(), fc.string(), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
        names: fc.array(fc.string(), { minLength: 1 }),
      },
      { requiredKeys: [] },
    );
    const withoutEmpty = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(/,?"leaves":\[\]/g, ''));
    fc.assert(
      fc.property(tree, (value) => {
        const found = decodeMessage(schema, 'Tree', encodeMessage(schema, 'Tree', value));
        expect(withoutEmpty(found)).toEqual(withoutEmpty(value));
      }),
      { examples: [[{ words: { ['__proto__']: 'a key as any other' } }]] },
    );
  });

  it('are those of the library that code for .proto files comes from', () => {
    const node: ProtoSchema = {
      Node: { input: [1, '[string]'], output: [2, '[string]'], name: [3, 'string'], opType: [4, 'string'] },
    };
    const value = { input: ['x', ''], output: ['y'], name: 'first', opType: 'Conv' };
    const bytes = toBinary(NodeProtoSchema, create(NodeProtoSchema, value));
    expect(encodeMessage(node, 'Node', value)).toEqual(bytes);
    expect(fromBinary(NodeProtoSchema, encodeMessage(node, 'Node', value))).toMatchObject(value);
  });

  it('skips fields that it does not know, and has none of other names', () => {
    const bytes = encodeMessage(schema, 'Tree', { name: 'oak', count: -1, names: ['a'] });
    expect(decodeMessage({ Tree: { count: [2, 'int64'] } }, 'Tree', bytes)).toEqual({ count: -1 });
    expect(() => encodeMessage(schema, 'Tree', { nam: 'oak' })).toThrow('Tree has no field "nam"');
  });
});
