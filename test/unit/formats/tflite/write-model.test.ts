import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { readFlatbuffer } from '../../../../src/main/engine/formats/flatbuffer/read-flatbuffer';
import type { TfliteModel, TfliteOperator } from '../../../../src/main/engine/formats/tflite/model';
import { readTflite } from '../../../../src/main/engine/formats/tflite/read-model';
import { modelSchema } from '../../../../src/main/engine/formats/tflite/schema/model-schema';
import { builtinOperators, optionsOf } from '../../../../src/main/engine/formats/tflite/schema/operators';
import { writeTflite } from '../../../../src/main/engine/formats/tflite/write-model';
import { tinyTflite } from '../../../fixtures/tflite-models';

/** One operator after another on one tensor, each with its own result. */
function chain(operators: Partial<TfliteOperator>[]): TfliteModel {
  return {
    graphs: [
      {
        tensors: [...operators, {}].map((_, index) => ({ name: `t${index}`, shape: [1], type: 'FLOAT32' as const })),
        operators: operators.map((operator, index) => ({
          ...{ op: 'RELU', version: 1, inputs: [index], outputs: [index + 1] },
          ...operator,
        })),
        inputs: [0],
        outputs: [operators.length],
      },
    ],
  };
}

describe('writeTflite', () => {
  it('stores equal constants once, each at a multiple of 16 bytes, behind an empty first buffer', () => {
    const file = writeTflite(tinyTflite());
    const { buffers, subgraphs } = readFlatbuffer(modelSchema, file);
    expect(buffers!.map(({ data }) => data?.length)).toEqual([undefined, 24, 12, 8, 16]);
    for (const { data } of buffers!.slice(1)) expect((data!.byteOffset - file.byteOffset) % 16).toBe(0);
    expect(subgraphs![0]!.tensors!.map(({ buffer = 0 }) => buffer)).toEqual([0, 1, 2, 0, 3, 0, 1, 0, 0]);
    expect(file.byteOffset % 16, 'in memory too').toBe(0);
  });

  it('writes what the reader gives back', () => {
    const model = tinyTflite();
    const again = readTflite(writeTflite(model));
    expect(again).toMatchObject(model);
    expect(readTflite(writeTflite(again))).toEqual(again);
  });

  it('names every operator by its code, also in the field of older readers, and once a version', () => {
    const names = builtinOperators.filter((op) => !/CUSTOM|PLACEHOLDER|DELEGATE/.test(op));
    const file = writeTflite(chain([...names.map((op) => ({ op })), { op: 'ADD' }, { op: 'ADD', version: 3 }]));
    const codes = readFlatbuffer(modelSchema, file).operatorCodes!;
    expect(codes).toHaveLength(names.length + 1);
    codes.forEach(({ builtinCode = 'ADD', deprecatedBuiltinCode = 0 }) =>
      expect(deprecatedBuiltinCode).toBe(Math.min(builtinOperators.indexOf(String(builtinCode)), 127)),
    );
    expect(readTflite(file).graphs[0]!.operators.map(({ op }) => op)).toEqual([...names, 'ADD', 'ADD']);
  });

  it('keeps a custom operator with its options', () => {
    const custom = { op: 'CUSTOM', customCode: 'mine', customOptions: Uint8Array.of(1, 2, 3) };
    expect(readTflite(writeTflite(chain([custom]))).graphs[0]!.operators[0]).toMatchObject(custom);
  });

  it('keeps options of every kind of operator', () => {
    const named = [...optionsOf].flatMap(([op, table]) => (table ? [{ op, options: {} }] : []));
    const model = readTflite(writeTflite(chain(named)));
    expect(model.graphs[0]!.operators.every(({ options }) => options)).toBe(true);
    expect(readTflite(writeTflite(model))).toEqual(model);
  });

  it('keeps quantization, variables, open shapes and empty constants', () => {
    const model = chain([{}]);
    Object.assign(model.graphs[0]!.tensors[0]!, {
      ...{ shape: [2, 3], type: 'INT8', shapeSignature: [-1, 3] },
      quantization: { scale: [0.5, 0.25, 0.125], zeroPoint: [-128, 0, 127], axis: 1 },
    });
    model.graphs[0]!.tensors.push(
      { name: 'state', shape: [4], type: 'FLOAT32', isVariable: true },
      { name: 'none', shape: [0], type: 'INT32', data: new Uint8Array() },
      { name: 'nibbles', shape: [3], type: 'INT4', data: Uint8Array.of(0x21, 0x03) },
      { name: 'number', shape: [], type: 'FLOAT32', data: new Uint8Array(4) },
    );
    expect(readTflite(writeTflite(model))).toEqual(model);
  });

  it('ends with the archive of associated files, the network as before', () => {
    const content = Buffer.from('cat\ndog\n');
    const plain = tinyTflite();
    const file = writeTflite({ ...plain, associatedFiles: [{ name: 'labels.txt', content }] });
    const read = readTflite(file);
    expect(read.associatedFiles).toEqual([{ name: 'labels.txt', content: Uint8Array.from(content) }]);
    expect(read.graphs).toEqual(readTflite(writeTflite(plain)).graphs);
    const end = Buffer.from(file.subarray(-22));
    expect(end.readUInt32LE(0)).toBe(0x06054b50);
    // Where the directory starts is counted from the start of the file.
    expect(Buffer.from(file).readUInt32LE(end.readUInt32LE(16))).toBe(0x02014b50);
  });

  it('refuses what an offset cannot reach, before it takes memory', () => {
    const large = new Uint8Array(2 ** 26);
    const model = chain([]);
    for (let index = 0; index < 33; index++) {
      const data = large.subarray(index);
      model.graphs[0]!.tensors.push({ name: `${index}`, shape: [data.length], type: 'UINT8', data });
    }
    expect(() => writeTflite(model)).toThrow(AppError);
    expect(() => writeTflite(model)).toThrow(/^As \.tflite the model would take 2\.2\d GB/);
  });

  it.each<[string, Partial<TfliteOperator>, string]>([
    ['an operator', { op: 'CONVOLVE' }, 'no operator "CONVOLVE"'],
    ['an option', { op: 'CONV_2D', options: { stride: 2 } }, 'Conv2DOptions has no field "stride"'],
    ['an enumerator', { op: 'CONV_2D', options: { padding: 'FULL' } }, 'no enumerator "FULL"'],
    ['options', { op: 'RELU', options: {} }, 'RELU takes no options'],
  ])('says that TensorFlow Lite has no such thing: %s', (_what, operator, message) => {
    expect(() => writeTflite(chain([operator]))).toThrow(message);
  });
});
