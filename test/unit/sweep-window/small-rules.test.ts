import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { droppedKind } from '../../../src/renderer/sweep/dropped-files';
import { fileNameOf, modelFromInspection, modelFromSummary } from '../../../src/renderer/sweep/listed-model';
import { freeName, moved } from '../../../src/renderer/sweep/recipe-edits';

describe('moving a step', () => {
  it.each([
    [0, 2, ['b', 'c', 'a']],
    [2, 0, ['c', 'a', 'b']],
    [1, 1, ['a', 'b', 'c']],
    [0, 99, ['b', 'c', 'a']],
    [2, -5, ['c', 'a', 'b']],
    [7, 0, ['a', 'b', 'c']],
  ])('from %i to %i', (from, to, expected) => {
    expect(moved(['a', 'b', 'c'], from, to)).toEqual(expected);
  });

  it('neither loses nor adds a step, and moving back restores the order', () => {
    const index = fc.nat(9);
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 10, maxLength: 10 }), index, index, (items, from, to) => {
        expect(moved(moved(items, from, to), to, from)).toEqual(items);
      }),
    );
  });
});

describe('a free name', () => {
  it.each([
    ['int8', [], 'int8'],
    ['int8', ['int8'], 'int8 2'],
    ['int8 2', ['int8', 'int8 2'], 'int8 3'],
    ['recipe', ['recipe', 'recipe 2', 'recipe 4'], 'recipe 3'],
  ])('for %s beside %j', (name, taken, expected) => {
    expect(freeName(name, taken)).toBe(expected);
  });
});

describe('a dropped file', () => {
  it.each([
    ['/home/ada/net.onnx', '', 'model'],
    ['C:\\nets\\NET.ONNX', '', 'model'],
    ['/home/ada/night.yaml', 'application/yaml', 'sweep'],
    ['/home/ada/night.yml', '', 'sweep'],
    ['/data/imagenet', '', 'folder'],
    ['/data/squeezenet1.1-images', '', 'folder'],
    ['/data/cat.jpg', 'image/jpeg', 'unknown'],
    ['/data/notes.txt', 'text/plain', 'unknown'],
    ['/data/net.pt', '', 'unknown'],
  ])('%s is a %s', (path, type, expected) => {
    expect(droppedKind(path, type)).toBe(expected);
  });
});

describe('a listed model', () => {
  it('is named as sweeps name it: folder models by name, others by path', () => {
    const summary = modelFromSummary({ name: 'net', title: '', path: '/zoo/net.onnx', sizeBytes: 10 });
    expect(summary).toMatchObject({ reference: 'net', title: 'net', described: false, input: undefined });
    expect(summary.recipe, 'not made by Whittle').toBeUndefined();
  });

  it('of a single file shows the size of its input, when the file fixes it', () => {
    const inspection = {
      path: '/x/net.onnx',
      sha256: '',
      sizeBytes: 10,
      opset: 17,
      producer: '',
      params: 1,
      nonZeroParams: 1,
      macs: 1,
      operators: {},
      layers: [],
      files: ['net.onnx'],
      input: { name: 'x', shape: ['N', 3, 240, 320], type: 'float32' },
      output: { name: 'y', shape: ['N', 10], type: 'float32' },
      inputs: [],
      outputs: [],
      classifier: {
        layout: 'NCHW' as const,
        channels: 3 as const,
        height: 240,
        width: 320,
        type: 'float32' as const,
        classes: 10,
      },
    };
    expect(modelFromInspection(inspection)).toMatchObject({
      reference: '/x/net.onnx',
      title: 'net',
      input: '320×240',
      described: false,
    });
    const anySize = { ...inspection.classifier, height: undefined, width: undefined };
    const open = { ...inspection, classifier: anySize };
    expect(modelFromInspection(open).input).toBeUndefined();
    const detector = { ...inspection, classifier: { problem: 'It finds boxes.' } };
    expect(modelFromInspection(detector)).toMatchObject({ problem: 'It finds boxes.' });
    const choices = ['aux', 'scores'].map((output) => ({ output, facts: inspection.classifier }));
    const unclear = modelFromInspection({ ...inspection, classifier: { problem: 'Which output?', choices } });
    expect(unclear, 'the form asks').toMatchObject({ input: '320×240', described: false });
    expect(unclear.problem).toBeUndefined();
  });

  it.each([
    ['/a/b/net.onnx', 'net.onnx'],
    ['C:\\a\\net.onnx', 'net.onnx'],
    ['/a/b/', 'b'],
    ['net', 'net'],
  ])('file name of %s', (path, expected) => {
    expect(fileNameOf(path)).toBe(expected);
  });
});
