import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import type { TableOf } from '../../../../src/main/engine/formats/flatbuffer/schema';
import { writeFlatbuffer } from '../../../../src/main/engine/formats/flatbuffer/write-flatbuffer';
import { readTflite } from '../../../../src/main/engine/formats/tflite/read-model';
import { modelSchema } from '../../../../src/main/engine/formats/tflite/schema/model-schema';
import { writeTflite } from '../../../../src/main/engine/formats/tflite/write-model';
import { hasTfliteFiles, needsTfliteFiles, tfliteFileNames, tfliteFilePath } from '../../../fixtures/real-tflite-files';
import { tinyTflite } from '../../../fixtures/tflite-models';

type Tables = typeof modelSchema.definition;
type Tensor = TableOf<Tables, 'Tensor'>;

const relu = { opcodeIndex: 0, inputs: [0], outputs: [1] };
/** A file of two tensors and an operator, with whatever is to be wrong. */
function file({
  tensors = [{}, {}],
  operators = [relu],
  ...rest
}: Partial<TableOf<Tables, 'SubGraph'> & TableOf<Tables, 'Model'>> = {}): Uint8Array {
  const { inputs = [0], outputs = [1], ...model } = rest;
  const named = tensors.map((tensor, index) => ({ name: `t${index}`, shape: [4], ...tensor }));
  return writeFlatbuffer(modelSchema, {
    version: 3,
    operatorCodes: [{ deprecatedBuiltinCode: 19, builtinCode: 'RELU' }],
    buffers: [{}, { data: new Uint8Array(16) }],
    subgraphs: [{ tensors: named, operators, inputs, outputs }],
    ...model,
  });
}
const constant = (tensor: Tensor): Uint8Array => file({ tensors: [{}, {}, { buffer: 1, ...tensor }] });

function messageOf(bytes: Uint8Array): string {
  try {
    readTflite(bytes, 'net.tflite');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    return (thrown as AppError).message;
  }
  return 'no error';
}

describe('readTflite', () => {
  it.each<[string, Uint8Array]>([
    ['net.tflite is not a TensorFlow Lite file (it has 3 bytes)', Uint8Array.of(1, 2, 3)],
    ['net.tflite is not a TensorFlow Lite file (the mark TFL3 is missing)', new Uint8Array(64)],
    ['net.tflite is not a TensorFlow Lite file (a NumPy array)', Buffer.from('\x93NUMPY\x01\0', 'latin1')],
    ['its schema has version 2, and only version 3 is known', file({ version: 2 })],
    ['it holds no network', file({ subgraphs: [] })],
    ['operator 0 (RELU) names tensor 7, and there are 2', file({ operators: [{ ...relu, inputs: [7] }] })],
    ['operator 0 (RELU) names tensor -2', file({ operators: [{ ...relu, outputs: [-2] }] })],
    ['operator 0 has code 4, and there are 1', file({ operators: [{ ...relu, opcodeIndex: 4 }] })],
    ['the list of inputs names tensor -1', file({ inputs: [-1] })],
    ['the list of outputs names tensor 2', file({ outputs: [2] })],
    ['operator 0 (RELU) reads tensor 1 before it is computed', file({ operators: [{ ...relu, inputs: [1] }] })],
    ['operator 1 computes tensor 1, which is there already', file({ operators: [relu, relu] })],
    ['operator 0 computes tensor 0, which is there already', file({ operators: [{ ...relu, outputs: [0] }] })],
    ['tensor 2 points to buffer 9, and there are 2', constant({ buffer: 9 })],
    ['tensor 2, FLOAT32 of 5, has 16 bytes of 20', constant({ shape: [5] })],
    ['tensor 2, FLOAT32 of 2147483647 x 2147483647', constant({ shape: [2 ** 31 - 1, 2 ** 31 - 1] })],
    ['tensor 2 has the shape -4', constant({ shape: [-4] })],
    ['tensor 2 is of type 99, which is not known', constant({ type: 99 })],
    ['tensor 2 has its data in another file', constant({ externalBuffer: 1 })],
    ['tensor 2 has 2 scales and 1 zero points', constant({ quantization: { scale: [1, 2], zeroPoint: [0] } })],
    ['tensor 2 has 3 scales for the shape 4, axis 0', constant({ quantization: { scale: [1, 2, 3] } })],
    [
      'tensor 2 has 4 scales for the shape 4, axis 5',
      constant({ quantization: { scale: [1, 2, 3, 4], quantizedDimension: 5 } }),
    ],
    ['buffer 1 lies outside the file', file({ buffers: [{}, { offset: 100, size: 2 ** 40 }] })],
    ['the metadata "m" point to buffer 5, and there are 2', file({ metadata: [{ name: 'm', buffer: 5 }] })],
    [
      'operator 0 lies outside the file',
      file({ operators: [{ ...relu, largeCustomOptionsOffset: 8, largeCustomOptionsSize: 10 ** 6 }] }),
    ],
  ])('%s', (message, bytes) => {
    expect(messageOf(bytes)).toContain(message);
  });

  it('takes codes of files from before the newer field', () => {
    const old = file({ operatorCodes: [{ deprecatedBuiltinCode: 19 }] });
    expect(readTflite(old).graphs[0]!.operators[0]!.op).toBe('RELU');
  });

  it('keeps operators and options that are not known by name', () => {
    const [operator] = readTflite(
      file({
        operatorCodes: [{ deprecatedBuiltinCode: 127, builtinCode: 4000 }],
        operators: [{ ...relu, builtinOptions2Type: 3 }],
      }),
    ).graphs[0]!.operators;
    expect(operator).toMatchObject({ op: 'OPERATOR_4000', hasUnknownOptions: true });
    expect(() => writeTflite(readTflite(file({ operators: [{ ...relu, builtinOptions2Type: 3 }] })))).toThrow(
      /cannot be written/,
    );
  });

  it('finds constants and options that lie behind the flatbuffer', () => {
    const flat = file({
      tensors: [{}, {}, { buffer: 1 }],
      buffers: [{}, { offset: 4096, size: 16 }],
      operators: [{ ...relu, largeCustomOptionsOffset: 4112, largeCustomOptionsSize: 2 }],
    });
    const whole = new Uint8Array(4114);
    whole.set(flat);
    whole.fill(7, 4096, 4112).fill(9, 4112);
    const [graph] = readTflite(whole).graphs;
    expect(graph!.tensors[2]!.data).toEqual(new Uint8Array(16).fill(7));
    expect(graph!.operators[0]!.customOptions).toEqual(Uint8Array.of(9, 9));
  });

  it('gives views and copies no weights', () => {
    const bytes = writeTflite(tinyTflite());
    for (const { data } of readTflite(bytes).graphs[0]!.tensors) if (data) expect(data.buffer).toBe(bytes.buffer);
  });

  it('takes an empty buffer for none where the tensor is not empty, and cuts what is too long', () => {
    const [, , empty, long] = readTflite(
      file({
        tensors: [{}, {}, { buffer: 1 }, { buffer: 2, shape: [2] }],
        buffers: [{}, { data: new Uint8Array() }, { data: new Uint8Array(16) }],
      }),
    ).graphs[0]!.tensors;
    expect(empty!.data).toBeUndefined();
    expect(long!.data).toHaveLength(8);
  });

  it('names forms of quantization and sparsity that it does not decode', () => {
    const [, , tensor] = readTflite(
      constant({
        shape: [400],
        sparsity: { traversalOrder: [0] },
        quantization: { details: { table: 'BlockwiseQuantization', fields: {} } },
      }),
    ).graphs[0]!.tensors;
    expect(tensor).toMatchObject({ isSparse: true, quantization: { details: 'BlockwiseQuantization' } });
  });

  it.skipIf(!hasTfliteFiles).each([...tfliteFileNames])(
    `reads, writes and reads %s again${needsTfliteFiles}`,
    (name) => {
      const model = readTflite(readFileSync(tfliteFilePath(name)), name);
      expect(model.graphs[0]!.operators.length).toBeGreaterThan(0);
      const again = readTflite(writeTflite(model));
      // toEqual on megabytes of bytes is slow.
      const plain = ({ graphs, ...rest }: typeof model): unknown => ({
        ...rest,
        graphs: graphs.map((graph) => ({
          ...graph,
          tensors: graph.tensors.map(({ data, ...tensor }) => ({
            ...tensor,
            data: data && Buffer.from(data).toString('latin1'),
          })),
          operators: graph.operators.map(({ customOptions, ...operator }) => ({
            ...operator,
            customOptions: customOptions && Buffer.from(customOptions).toString('latin1'),
          })),
        })),
      });
      expect(plain(again)).toEqual(plain(model));
    },
  );
});
