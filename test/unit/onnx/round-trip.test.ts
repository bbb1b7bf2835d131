import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel, parseModel } from '../../../src/main/engine/onnx/load';
import * as make from '../../../src/main/engine/onnx/make';
import { encodeModel, saveModel } from '../../../src/main/engine/onnx/save';
import { makeGraph, tinyClassifier } from '../../fixtures/graphs';
import { hasZoo, needsZoo, zooNames, zooPath } from '../../fixtures/zoo';

const folder = mkdtempSync(join(tmpdir(), 'whittle-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every element type and every kind of attribute. */
function everything(): Graph {
  const { attr, makeNode, makeTensor, makeValue } = make;
  return makeGraph({
    inputs: [makeValue('x', 'float32', ['batch', 3, '?']), makeValue('y', 'uint8', [2])],
    outputs: [makeValue('z', 'float32', [])],
    nodes: [
      makeNode('Add', ['x', 'float32', ''], ['z', ''], {
        int: attr.int(-5),
        toTheEnd: attr.int(2 ** 63),
        float: attr.float(0.5),
        string: attr.string('SAME_UPPER ü'),
        tensor: attr.tensor(make.int8Tensor([2, 1], [-128, 127])),
        ints: attr.ints([1, -2, 3]),
        floats: attr.floats([0.25, -Infinity]),
        strings: attr.strings(['a', '']),
        none: attr.ints([]),
        __proto__x: attr.int(1),
      }),
    ],
    initializers: {
      float32: make.float32Tensor([2, 2], [1, -0, Infinity, 1e-40]),
      float64: make.float64Tensor([1], [Math.PI]),
      float16: make.float16Tensor([3], [0x3c00, 0x8000, 0x7c00]),
      bfloat16: makeTensor('bfloat16', [1], Uint16Array.of(0x3f80)),
      int8: make.int8Tensor([1, 3], [-128, 0, 127]),
      uint8: make.uint8Tensor([1], [255]),
      int16: make.int16Tensor([1], [-32768]),
      uint16: make.uint16Tensor([1], [65535]),
      int32: make.int32Tensor([1], [-(2 ** 31)]),
      uint32: makeTensor('uint32', [1], Uint32Array.of(2 ** 32 - 1)),
      int64: make.int64Tensor([2], [-(2n ** 63n), 2n ** 63n - 1n]),
      uint64: makeTensor('uint64', [1], BigUint64Array.of(2n ** 64n - 1n)),
      bool: make.boolTensor([2], [1, 0]),
      int4: makeTensor('int4', [3], Uint8Array.of(0x21, 0x03)),
      uint4: makeTensor('uint4', [2, 2], Uint8Array.of(0xff, 0x10)),
      scalar: make.float32Tensor([], [3]),
      none: make.float32Tensor([0, 3], []),
    },
    metadata: { 'whittle.params': '12', empty: '' },
  });
}

describe('load and save', () => {
  test.each([
    ['every type and attribute', everything()],
    ['a small classifier', tinyClassifier()],
  ])('%s comes back as it was', (_title, graph) => {
    expect(parseModel(encodeModel(graph), 'memory')).toEqual(graph);
  });

  test('opset 9 and other domains keep their versions', () => {
    const graph = tinyClassifier();
    graph.opsets = { '': 9, 'com.microsoft': 1 };
    expect(parseModel(encodeModel(graph), 'memory').opsets).toEqual({ '': 9, 'com.microsoft': 1 });
  });

  test('a saved file holds what encodeModel gives, and nothing else is left in the folder', async () => {
    const path = join(folder, 'saved.onnx');
    await saveModel(tinyClassifier(), path);
    await saveModel(tinyClassifier(), path);
    expect(readdirSync(folder)).toEqual(['saved.onnx']);
    expect(await loadModel(path)).toEqual({ ...tinyClassifier(), origin: path });
  });

  test('weights are copied wherever they lie, so that nothing keeps the bytes of the file', () => {
    const bytes = encodeModel(tinyClassifier());
    for (const shift of [0, 1, 2, 3]) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const graph = parseModel(moved, 'memory');
      expect(graph).toEqual(tinyClassifier());
      for (const { data } of graph.initializers.values()) expect(data.buffer.byteLength).toBe(data.byteLength);
    }
  });

  test('names that nodes have stay, whatever nodes without one stand before', () => {
    const chain = (names: readonly string[]): Graph =>
      makeGraph({
        inputs: [make.makeValue('v0', 'float32', [1])],
        outputs: [make.makeValue(`v${names.length}`, 'float32', [])],
        nodes: names.map((name, at) => ({ ...make.makeNode('Add', [`v${at}`, `v${at}`], [`v${at + 1}`]), name })),
        initializers: {},
      });
    const namesOf = (names: readonly string[]): string[] =>
      parseModel(encodeModel(chain(names)), 'test').nodes.map(({ name }) => name);
    expect(namesOf(['', 'Add_0', '', 'Add_0', 'sum'])).toEqual(['Add_0_2', 'Add_0', 'Add_2', 'Add_0_3', 'sum']);
  });

  test.skipIf(!hasZoo).each(zooNames)(`%s: load, encode, load is identical${needsZoo}`, async (name) => {
    const graph = await loadModel(zooPath(name));
    const again = { ...parseModel(encodeModel(graph), 'memory'), origin: graph.origin };
    expect({ ...again, initializers: [...again.initializers.keys()] }).toEqual({
      ...graph,
      initializers: [...graph.initializers.keys()],
    });
    for (const [key, tensor] of graph.initializers) {
      const other = again.initializers.get(key)!;
      expect([other.type, other.shape]).toEqual([tensor.type, tensor.shape]);
      const bytes = (data: typeof tensor.data): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      expect(bytes(other.data).equals(bytes(tensor.data)), key).toBe(true);
    }
  });
});
