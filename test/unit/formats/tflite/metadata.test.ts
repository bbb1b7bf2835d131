import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFlatbuffer } from '../../../../src/main/engine/formats/flatbuffer/read-flatbuffer';
import { minimumRuntime } from '../../../../src/main/engine/formats/tflite/minimum-runtime';
import { readMetadata } from '../../../../src/main/engine/formats/tflite/read-metadata';
import { readTflite } from '../../../../src/main/engine/formats/tflite/read-model';
import { metadataSchema } from '../../../../src/main/engine/formats/tflite/schema/metadata-schema';
import { withMetadata } from '../../../../src/main/engine/formats/tflite/with-metadata';
import { writeTflite } from '../../../../src/main/engine/formats/tflite/write-model';
import { hasTfliteFiles, needsTfliteFiles, tfliteFileNames, tfliteFilePath } from '../../../fixtures/real-tflite-files';
import { tinyCard, tinyTflite } from '../../../fixtures/tflite-models';

const entryOf = (model: ReturnType<typeof tinyTflite>, name: string): Uint8Array =>
  model.metadata!.find((entry) => entry.name === name)!.data;

describe('metadata of .tflite files', () => {
  it('come back through a file: labels, normalisation, colours, the runtime that is needed', () => {
    const file = writeTflite(withMetadata(tinyTflite(), tinyCard, ['cat', 'dog, large']));
    expect(readMetadata(readTflite(file))).toEqual({
      name: 'A tiny network',
      description: 'Image classifier with 2 classes',
      licence: 'Apache-2.0',
      normalization: { mean: [120, 110, 100], std: [60] },
      colorSpace: 'RGB',
      labels: ['cat', 'dog, large'],
      minimumRuntime: '1.6.0',
    });
  });

  it('say what the schema asks of a classifier', () => {
    const data = entryOf(withMetadata(tinyTflite(), tinyCard, ['a', 'b']), 'TFLITE_METADATA');
    const [graph] = readFlatbuffer(metadataSchema, data).subgraphMetadata!;
    expect(graph!.inputTensorMetadata).toMatchObject([
      {
        name: 'image',
        content: {
          contentProperties: {
            table: 'ImageProperties',
            fields: { colorSpace: 'RGB', defaultSize: { width: 4, height: 4 } },
          },
        },
        stats: {
          max: [135 / 60, 145 / 60, 155 / 60].map(Math.fround),
          min: [-2, -110 / 60, -100 / 60].map(Math.fround),
        },
      },
    ]);
    expect(graph!.outputTensorMetadata).toMatchObject([
      { name: 'scores', associatedFiles: [{ name: 'labels.txt', type: 'TENSOR_AXIS_LABELS' }] },
    ]);
  });

  it('replace those that a network has, and keep others', () => {
    const once = withMetadata(
      { ...tinyTflite(), associatedFiles: [{ name: 'x', content: Uint8Array.of(1) }] },
      tinyCard,
      ['a', 'b'],
    );
    once.metadata!.push({ name: 'mine', data: Uint8Array.of(1) });
    const twice = withMetadata(once, { ...tinyCard, title: 'Renamed' }, ['c', 'd']);
    expect(twice.metadata!.map(({ name }) => name)).toEqual(['mine', 'min_runtime_version', 'TFLITE_METADATA']);
    expect(twice.associatedFiles!.map(({ name }) => name)).toEqual(['x', 'labels.txt']);
    expect(readMetadata(twice)).toMatchObject({ name: 'Renamed', labels: ['c', 'd'] });
  });

  it.each([
    [
      'networks that normalise pixels themselves',
      { input: { ...tinyCard.input, type: 'uint8' as const } },
      { normalization: { mean: [0], std: [1] } },
    ],
    ['another order of colours', { input: { ...tinyCard.input, channels: 'BGR' as const } }, { colorSpace: undefined }],
  ])('are true of %s', (_what, card, expected) => {
    const read = readMetadata(withMetadata(tinyTflite(), { ...tinyCard, ...card }));
    expect({ ...read, colorSpace: read.colorSpace }).toMatchObject(expected);
    expect(read.labels).toBeUndefined();
  });

  it('that are damaged are reported and not trusted', () => {
    const model = withMetadata(tinyTflite(), tinyCard);
    const data = entryOf(model, 'TFLITE_METADATA');
    data.fill(0xff, 0, 4);
    expect(readMetadata(model).problem).toMatch(/outside the file/);
    data.fill(0);
    expect(readMetadata(model).problem).toBe('they are of an unknown kind');
  });

  it('name the newest of the runtimes that the operators need, and none where one is not known', () => {
    const model = tinyTflite();
    const [graph] = model.graphs;
    graph!.operators[0] = { ...graph!.operators[0]!, version: 3 };
    expect(minimumRuntime(model)).toBe('1.14.0');
    graph!.operators[1] = { ...graph!.operators[1]!, version: 3 };
    expect(minimumRuntime(model)).toBe('2.4.0');
    graph!.operators[2] = { ...graph!.operators[2]!, version: 99 };
    expect(minimumRuntime(model)).toBeUndefined();
  });

  describe.skipIf(!hasTfliteFiles)(`of files that others made${needsTfliteFiles}`, () => {
    it.each([...tfliteFileNames])('%s', (name) => {
      const model = readTflite(readFileSync(tfliteFilePath(name)), name);
      const { labels, ...rest } = readMetadata(model);
      expect(labels).toHaveLength(1001);
      expect(labels!.slice(0, 2)).toEqual(['background', 'tench, Tinca tinca']);
      expect(rest).toMatchObject({
        name: 'ImageClassifier',
        colorSpace: 'RGB',
        normalization: { mean: [127.5], std: [127.5] },
      });
      // The converters of TensorFlow computed this one by their own table.
      if (rest.minimumRuntime) expect(minimumRuntime(model)).toBe(rest.minimumRuntime);
    });
  });
});
