import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementType, Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import {
  attr,
  float16Tensor,
  float32Tensor,
  int8Tensor,
  makeNode,
  makeTensor,
  makeValue,
} from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { packSparse, sparseInitializer } from '../../../src/main/engine/compression/storage/sparse-decode';
import { fingerprintOf, numbersFrom, optimizedOperators } from './small-networks';

const arrays = { float32: Float32Array, int8: Int8Array, float16: Uint16Array } as const;

function sparseTensor(type: keyof typeof arrays, shape: number[], zeros: number, seed: number): Tensor {
  const random = numbersFrom(seed);
  const data = new arrays[type](shape.reduce((product, dimension) => product * dimension, 1));
  for (let index = 0; index < data.length; index++) {
    if (random() >= zeros) data[index] = type === 'float32' ? random() - 0.5 : 1 + Math.floor(random() * 100);
  }
  return makeTensor(type, shape, data);
}

function emptyGraph(): Graph {
  return {
    name: 'g',
    producer: '',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: new Map(),
    metadata: {},
  };
}

/** A graph whose output is the constant "w" itself. */
function graphOf(type: ElementType): Graph {
  const graph = emptyGraph();
  graph.nodes.push(makeNode('Identity', ['w'], ['y']));
  graph.outputs.push(makeValue('y', type, []));
  return graph;
}

test('packs a bit per element and the elements that are not zero, by hand', () => {
  const { mask, values } = packSparse(Int8Array.of(0, 5, 0, 0, -1, 0, 0, 9, 3));
  expect([...mask]).toEqual([0b01001001, 0b10000000]);
  expect([...values]).toEqual([0, 5, -1, 9, 3]);
});

describe('sparse constants', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 });
  test('ONNX Runtime decodes what was stored, for any shape, type and sparsity', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.constantFrom('float32', 'int8', 'float16'),
        fc.constantFrom(0, 0.2, 0.5, 0.9, 1),
        fc.integer(),
        async (dimensions, type, zeros, seed) => {
          const tensor = sparseTensor(type, dimensions, zeros, seed);
          const graph = graphOf(tensor.type);
          sparseInitializer(graph, 'w', tensor);
          const session = await ort.open(encodeModel(graph), { threads: 1 });
          const { y } = await session.run({});
          await session.close();
          expect(y!.shape).toEqual(dimensions);
          const { buffer, byteOffset, byteLength } = y!.data;
          expect(Buffer.from(buffer, byteOffset, byteLength).equals(Buffer.from(tensor.data.buffer))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('are only stored sparsely where that is smaller', () => {
    const stored = (tensor: Tensor): boolean => sparseInitializer(emptyGraph(), 'w', tensor);
    expect(stored(sparseTensor('float32', [100, 100], 0.5, 1))).toBe(true);
    expect(stored(sparseTensor('float32', [100, 100], 0, 1))).toBe(false);
    expect(stored(sparseTensor('float32', [8, 8], 0.5, 1))).toBe(false);
    expect(stored(sparseTensor('int8', [100, 100], 0.1, 1))).toBe(false);
    expect(stored(sparseTensor('int8', [100, 100], 0.2, 1))).toBe(true);
  });

  test('take about the bytes of mask and values, and share their small constants', () => {
    const bytesOf = (layers: number, length: number): number => {
      const graph = emptyGraph();
      for (let index = 0; index < layers; index++)
        sparseInitializer(graph, `w${index}`, sparseTensor('float32', [length], 0.5, index));
      const payload = [...graph.initializers.values()].reduce(
        (sum, { data }) => sum + (data.length > 16 ? data.byteLength : 0),
        0,
      );
      return encodeModel(graph).length - payload;
    };
    expect(bytesOf(11, 4096) - bytesOf(1, 4096)).toBeLessThan(10 * 300);
    expect(bytesOf(11, 4099) - bytesOf(1, 4099)).toBeLessThan(10 * 340);
  });
});

describe('decodeWeights', () => {
  test('gives back plain tensors, also after saving and loading, and leaves its input alone', async () => {
    const tensor = sparseTensor('float32', [20, 7, 3, 3], 0.6, 3);
    const graph = graphOf('float32');
    graph.inputs.push(makeValue('x', 'float32', [1, 7, 5, 5]));
    graph.nodes = [makeNode('Conv', ['x', 'w'], ['y'])];
    sparseInitializer(graph, 'w', tensor);
    const loaded = parseModel(encodeModel(graph), 'test');
    const before = fingerprintOf(loaded);
    const decoded = await decodeWeights(loaded);
    expect(fingerprintOf(loaded)).toBe(before);
    expect(decoded.nodes.map((node) => node.op)).toEqual(['Conv']);
    expect([...decoded.initializers.keys()]).toEqual(['w']);
    expect(decoded.initializers.get('w')).toEqual(tensor);
  });

  test('follows casts from half precision, and keeps integers behind DequantizeLinear', async () => {
    const graph = graphOf('float32');
    graph.inputs.push(makeValue('x', 'float32', [2, 4]));
    graph.initializers.set('half', float16Tensor([4, 2], [0x3c00, 0xc000, 0, 0x3800, 0x3c00, 0, 0, 0x7bff]));
    graph.initializers.set('scale', float32Tensor([], [0.5]));
    sparseInitializer(graph, 'integers', sparseTensor('int8', [40, 40], 0.5, 5));
    graph.nodes.push(
      makeNode('Cast', ['half'], ['w'], { to: attr.int(1) }),
      makeNode('DequantizeLinear', ['integers', 'scale'], ['v']),
      makeNode('MatMul', ['x', 'w'], ['xw']),
      makeNode('Size', ['v'], ['n']),
      makeNode('Cast', ['n'], ['nf'], { to: attr.int(1) }),
      makeNode('Add', ['xw', 'nf'], ['y']),
    );
    graph.nodes = graph.nodes.filter((node) => node.op !== 'Identity');
    const decoded = await decodeWeights(graph);
    expect(decoded.initializers.get('w')).toEqual(float32Tensor([4, 2], [1, -2, 0, 0.5, 1, 0, 0, 65504]));
    expect(decoded.initializers.get('integers')!.type).toBe('int8');
    expect(decoded.nodes.map((node) => node.op)).toContain('DequantizeLinear');
  });

  test('a graph with plain weights comes back as a copy', async () => {
    const graph = graphOf('int8');
    graph.initializers.set('w', int8Tensor([2], [1, 2]));
    graph.nodes = [];
    const decoded = await decodeWeights(graph);
    expect(decoded).toEqual(graph);
    expect(decoded).not.toBe(graph);
  });

  test('ONNX Runtime folds the decoder while it loads the file', async () => {
    const graph = graphOf('float32');
    graph.inputs.push(makeValue('x', 'float32', [1, 7, 5, 5]));
    graph.nodes = [makeNode('Conv', ['x', 'w'], ['y'])];
    sparseInitializer(graph, 'w', sparseTensor('float32', [20, 7, 3, 3], 0.6, 3));
    const operators = await optimizedOperators(graph);
    expect(Object.keys(operators).filter((op) => !/^(Conv|Reorder)/.test(op))).toEqual([]);
  });
});
