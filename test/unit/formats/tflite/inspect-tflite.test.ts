import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { layersOf } from '../../../../src/main/engine/formats/tflite/count';
import { describeTflite } from '../../../../src/main/engine/formats/tflite/describe-tflite';
import { inspectTflite } from '../../../../src/main/engine/formats/tflite/inspect-tflite';
import { tfliteInspectionText } from '../../../../src/main/engine/formats/tflite/inspection-text';
import { loadTflite } from '../../../../src/main/engine/formats/tflite/load-model';
import type { TfliteGraph, TfliteTensor } from '../../../../src/main/engine/formats/tflite/model';
import { nonZeroCount } from '../../../../src/main/engine/formats/tflite/non-zero';
import { withMetadata } from '../../../../src/main/engine/formats/tflite/with-metadata';
import { writeTflite } from '../../../../src/main/engine/formats/tflite/write-model';
import { hasTfliteFiles, needsTfliteFiles, tfliteFilePath } from '../../../fixtures/real-tflite-files';
import { tinyCard, tinyTflite } from '../../../fixtures/tflite-models';

const folder = mkdtempSync(join(tmpdir(), 'whittle-tflite-'));
afterAll(() => rmSync(folder, { recursive: true }));

function saved(bytes: Uint8Array): string {
  const path = join(folder, 'net.tflite');
  writeFileSync(path, bytes);
  return path;
}

type Shapes = readonly (readonly number[])[];
/** One operator on tensors of these shapes, all of them constants but those that are computed. */
function single(op: string, shapes: Shapes, output: readonly number[], options = {}, computed = [0]): TfliteGraph {
  const tensors = [...shapes, output].map((shape, index): TfliteTensor => {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    const isConstant = index < shapes.length && !computed.includes(index);
    return {
      ...{ name: `t${index}`, shape: [...shape], type: 'FLOAT32' },
      ...(isConstant && { data: new Uint8Array(bytes).fill(1) }),
    };
  });
  const [inputs, outputs] = [[...shapes.keys()], [shapes.length]];
  return { tensors, operators: [{ op, version: 1, inputs, outputs, options }], inputs: computed, outputs };
}

describe('layersOf', () => {
  it.each<[string, TfliteGraph, number, number]>([
    [
      'a convolution',
      single('CONV_2D', [[1, 8, 8, 3], [16, 3, 3, 3], [16]], [1, 8, 8, 16]),
      8 * 8 * 16 * 27,
      16 * 27 + 16,
    ],
    [
      'one for a batch of two',
      single(
        'CONV_2D',
        [
          [2, 8, 8, 3],
          [16, 3, 3, 3],
        ],
        [2, 8, 8, 16],
      ),
      8 * 8 * 16 * 27,
      16 * 27,
    ],
    [
      'a grouped one',
      single(
        'CONV_2D',
        [
          [1, 8, 8, 4],
          [16, 3, 3, 2],
        ],
        [1, 8, 8, 16],
      ),
      8 * 8 * 16 * 18,
      16 * 18,
    ],
    [
      'a depthwise one',
      single(
        'DEPTHWISE_CONV_2D',
        [
          [1, 8, 8, 4],
          [1, 5, 5, 8],
        ],
        [1, 4, 4, 8],
      ),
      4 * 4 * 8 * 25,
      200,
    ],
    [
      'a transposed one',
      single('TRANSPOSE_CONV', [[1], [6, 3, 3, 5], [1, 7, 7, 5]], [1, 14, 14, 6], {}, [2]),
      7 * 7 * 5 * 6 * 9,
      270,
    ],
    ['a dense layer', single('FULLY_CONNECTED', [[1, 32], [10, 32], [10]], [1, 10]), 320, 330],
    [
      'a product of values',
      single(
        'BATCH_MATMUL',
        [
          [1, 3, 4],
          [1, 4, 5],
        ],
        [1, 3, 5],
        {},
        [0, 1],
      ),
      60,
      0,
    ],
    [
      'a transposed product',
      single(
        'BATCH_MATMUL',
        [
          [1, 4, 3],
          [1, 4, 5],
        ],
        [1, 3, 5],
        { adjX: true },
        [0, 1],
      ),
      60,
      0,
    ],
    ['a sum with a bias', single('ADD', [[1, 4], [4]], [1, 4]), 0, 4],
    ['a product with a number', single('MUL', [[1, 4], [1]], [1, 4]), 0, 0],
    ['an operator of someone else', { ...single('CUSTOM', [[1, 4]], [1, 4]) }, 0, 0],
  ])('counts %s', (_what, graph, macs, params) => {
    expect(layersOf(graph)).toMatchObject([{ macs, params }]);
  });

  it('looks through what decodes weights, and counts a shared tensor once', () => {
    const graph = tinyTflite().graphs[0]!;
    graph.tensors[1] = { name: 'stored', shape: [3, 1, 1, 2], type: 'FLOAT16', data: new Uint8Array(12).fill(60) };
    graph.tensors.push({ name: 'decoded', shape: [3, 1, 1, 2], type: 'FLOAT32' });
    graph.operators[0]!.inputs[1] = 9;
    graph.operators.unshift({ op: 'DEQUANTIZE', version: 1, inputs: [1], outputs: [9] });
    graph.operators.push({ op: 'MUL', version: 1, inputs: [8, 6], outputs: [8] });
    const layers = layersOf(graph);
    expect(layers.map(({ op, params }) => `${op} ${params}`)).toEqual([
      ...['CONV_2D 9', 'MEAN 0', 'FULLY_CONNECTED 6', 'SOFTMAX 0', 'MUL 0'],
    ]);
    expect(layers[0]!.macs).toBe(4 * 4 * 3 * 2);
  });
});

const bytesOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer);
describe('nonZeroCount', () => {
  it.each<[string, Partial<TfliteTensor>, number]>([
    [
      'floats, of which -0 is zero',
      { type: 'FLOAT32', shape: [4], data: bytesOf(Float32Array.of(0, -0, 1, 1e-40)) },
      2,
    ],
    ['halves', { type: 'FLOAT16', shape: [3], data: bytesOf(Uint16Array.of(0x8000, 0, 1)) }, 1],
    [
      'codes about their zero point',
      {
        type: 'UINT8',
        shape: [3],
        data: Uint8Array.of(0, 128, 3),
        quantization: { scale: [1], zeroPoint: [128], axis: 0 },
      },
      2,
    ],
    [
      'codes of channels',
      {
        type: 'INT8',
        shape: [2, 2],
        data: Uint8Array.of(1, 255, 1, 255),
        quantization: { scale: [1, 1], zeroPoint: [1, -1], axis: 1 },
      },
      0,
    ],
    [
      'numbers that are stored sparsely',
      { type: 'FLOAT32', shape: [40], isSparse: true, data: bytesOf(Float32Array.of(1, 0, 2)) },
      2,
    ],
    ['nibbles', { type: 'INT4', shape: [3], data: Uint8Array.of(0x10, 0x01) }, 2],
    ['biases', { type: 'INT32', shape: [2], data: bytesOf(Int32Array.of(0, -7)) }, 1],
    ['strings, of which nothing is known', { type: 'STRING', shape: [2], data: Uint8Array.of(0) }, 2],
  ])('%s', (_what, tensor, expected) => {
    expect(nonZeroCount({ name: 't', shape: [], type: 'FLOAT32', ...tensor })).toBe(expected);
  });
});

describe('a .tflite file', () => {
  it('is described as an ONNX file is', async () => {
    const bytes = writeTflite(tinyTflite());
    const found = await describeTflite(saved(bytes));
    expect(found).toMatchObject({
      sizeBytes: bytes.length,
      params: 6 + 3 + 6,
      nonZeroParams: 15,
      macs: 4 * 4 * 3 * 2 + 6,
      integerKernels: { layers: 0, dynamicConvolutions: 0 },
    });
    expect(found.sizeCompressedBytes).toBeGreaterThan(100);
    // 6 weights, 3 biases and 2 axes, and the metadata are no tensors: nothing repeats, so all is spelled out.
    expect(found.entropyBoundBytes).toBeLessThanOrEqual(24 + 12 + 8);
  });

  it('is inspected', async () => {
    const found = await inspectTflite(saved(writeTflite(withMetadata(tinyTflite(), tinyCard, ['cat', 'dog']))));
    expect(found).toMatchObject({
      graphs: 1,
      inputs: [{ name: 'image', type: 'FLOAT32', shape: [1, 4, 4, 2] }],
      tensors: 9,
      constants: [
        { type: 'FLOAT32', tensors: 2, bytes: 36 },
        { type: 'INT32', tensors: 1, bytes: 8 },
      ],
      forms: [{ weights: 'FLOAT32', activations: 'FLOAT32', scales: 'none', layers: 2 }],
      associatedFiles: [{ name: 'labels.txt', bytes: 8 }],
    });
    expect(tfliteInspectionText(found).split('\n').slice(3)).toEqual([
      '  written as  made in a test',
      '  input       image  FLOAT32 [1, 4, 4, 2]',
      '  output      scores  FLOAT32 [1, 2]',
      '  parameters  15 (15 not zero)',
      '  MACs        102 at batch 1',
      '  operators   CONV_2D 1 (version 1), MEAN 1 (version 1), FULLY_CONNECTED 1 (version 1), SOFTMAX 1 (version 1)',
      '  layers      2 with FLOAT32 weights, applied to FLOAT32',
      '  constants   FLOAT32 36 B, INT32 8 B',
      expect.stringMatching(/^ {2}metadata {4}min_runtime_version 16 B, TFLITE_METADATA \d+ B$/),
      '  name        A tiny network',
      '  licence     Apache-2.0',
      '  pixels      RGB (pixel - (120, 110, 100)) / 60',
      '  labels      2: cat, dog',
      '  runs from   TensorFlow Lite 1.6.0',
      '  file inside labels.txt 8 B',
      '',
    ]);
  });

  it('whose shapes are absurd is refused where it is counted', async () => {
    const model = tinyTflite();
    model.graphs[0]!.tensors[3]!.shape = [1, 2 ** 30, 2 ** 30, 3];
    const path = saved(writeTflite(model));
    for (const look of [describeTflite, inspectTflite])
      await expect(look(path)).rejects.toMatchObject({ code: 'tflite.damaged' });
  });

  it.each([
    ['nowhere.tflite', 'model.not-found'],
    ['', 'tflite.foreign'],
  ])('that is not there or is no file is refused: "%s"', async (name, code) => {
    await expect(loadTflite(join(folder, name))).rejects.toMatchObject({ code });
  });

  it.skipIf(!hasTfliteFiles)(`counts MobileNets as their makers do${needsTfliteFiles}`, async () => {
    // Published for MobileNet v1 0.25 128: 14 million multiply-accumulates, 0.47 million parameters; for v2 1.0 224: 300 million, 3.47 million.
    const v1 = await inspectTflite(tfliteFilePath('mobilenet_v1_0.25_128_quant.tflite'));
    expect([v1.macs / 1e6, v1.params / 1e6].map((value) => value.toPrecision(2))).toEqual(['14', '0.47']);
    const v2 = await inspectTflite(tfliteFilePath('tf2_mobilenet_v2_1.0_224_ptq.tflite'));
    expect([v2.macs / 1e6, v2.params / 1e6].map((value) => value.toPrecision(2))).toEqual(['3.0e+2', '3.5']);
    expect(v2.forms).toEqual([{ weights: 'INT8', activations: 'INT8', scales: 'channel', layers: 53 }]);
    const compiled = await inspectTflite(tfliteFilePath('mobilenet_v1_0.25_128_quant_edgetpu.tflite'));
    expect(compiled.operators).toEqual([{ op: 'edgetpu-custom-op', version: 1, count: 1 }]);
  });
});
