import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeCodes,
  fieldWidths,
  packedInitializer,
  packPlanes,
  unpackPlanes,
  type PackedWeights,
} from '../../../src/main/engine/compression/storage/bit-planes';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { roundToHalfReals } from '../../../src/main/engine/compression/algebra/half-reals';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { makeGraph } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { numbersFrom, optimizedOperators } from '../techniques/small-networks';

const codesOf = (length: number, bits: number, seed: number, zeros = 0, zeroCode = 0): Uint8Array => {
  const random = numbersFrom(seed);
  return Uint8Array.from({ length }, () => (random() < zeros ? zeroCode : Math.floor(random() * 2 ** bits)));
};

const constantGraph = (type: 'float32' | 'int8', packed: PackedWeights): Graph => {
  const graph = makeGraph({
    inputs: [],
    outputs: [makeValue('y', type, [])],
    nodes: [makeNode('Identity', ['w'], ['y'])],
  });
  packedInitializer(graph, 'w', packed);
  return graph;
};

const dimensions = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 4 });

describe('planes', () => {
  test('are cut by hand', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(fieldWidths)).toEqual([[1], [2], [2, 1], [4], [4, 1], [4, 2], [4, 2, 1], [8]]);
    // 9 codes make two bytes; element 2 * j + i is bit j of byte i.
    expect(packPlanes(Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 1, 1), 1).map((plane) => [...plane])).toEqual([
      [0b11001000, 0b01010000],
    ]);
    // 3 bits: the two high bits of 8 codes in two bytes, the low bits in one. Elements 0, 2, 4, 6 share byte 0 of the first plane.
    expect(packPlanes(Uint8Array.of(7, 1, 2, 3, 4, 5, 6, 0), 3).map((plane) => [...plane])).toEqual([
      [0b11_01_10_11, 0b00_01_10_00],
      [0b1101_0100],
    ]);
  });

  test('give back every code, for every width and length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer(),
        (bits, length, seed) => {
          const codes = codesOf(length, bits, seed);
          const planes = packPlanes(codes, bits);
          expect(planes.reduce((sum, plane) => sum + plane.length, 0)).toBe(Math.ceil(length / 8) * bits);
          expect(unpackPlanes(planes, bits, length)).toEqual(codes);
        },
      ),
    );
  });
});

describe('packed weights', () => {
  test('ONNX Runtime decodes what the typed arrays say: any width, shape, table, scale, sparsity', async () => {
    await fc.assert(
      fc.asyncProperty(
        dimensions,
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('table', 'halfTable', 'int8Table', 'affine', 'halfAffine', 'offset'),
        fc.constantFrom('tensor', 'channel', 'pairs'),
        fc.constantFrom(undefined, 0.3, 0.8, 1),
        fc.integer(),
        async (shape, bits, kind, granularity, zeros, seed) => {
          const length = shape.reduce((product, dimension) => product * dimension, 1);
          const channel = length / shape[0]!;
          const rowLength = { tensor: length, channel, pairs: 2 * channel }[granularity];
          const rows = Math.ceil(length / rowLength);
          const random = numbersFrom(seed);
          const reals = (count: number): Float32Array =>
            Float32Array.from({ length: count }, () => random() * 2e-3 - 1e-3);
          const zeroCode = 2 ** bits - 1;
          const table = rows * 2 ** bits;
          const decode = {
            table: () => ({ table: reals(table) }),
            halfTable: () => ({ table: roundToHalfReals(reals(table)) }),
            int8Table: () => ({ table: Int8Array.from({ length: table }, () => random() * 256 - 128) }),
            offset: () => ({ offset: Int8Array.from({ length: rows }, () => random() * (256 - 2 ** bits) - 128) }),
            affine: () => ({ scale: reals(rows), zeroPoint: reals(rows) }),
            halfAffine: () => ({ scale: roundToHalfReals(reals(rows)), zeroPoint: Float32Array.of(2 ** (bits - 1)) }),
          }[kind]();
          const codes = codesOf(length, bits, seed, zeros, zeroCode);
          const packed: PackedWeights = { codes, bits, shape, rowLength, decode };
          if (zeros !== undefined) packed.zeroCode = zeroCode;
          const integer = kind === 'int8Table' || kind === 'offset';
          const { y } = await runGraph(constantGraph(integer ? 'int8' : 'float32', packed), {}, 'all');
          expect(y!.shape).toEqual(shape);
          expect(y!.data).toEqual(decodeCodes(packed));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('are listed in another order of axes than the tensor they make', async () => {
    const decode = { table: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
    const packed = { codes: Uint8Array.of(0, 1, 2, 3, 4, 5), bits: 3, shape: [2, 3], permutation: [1, 0], decode };
    const { y } = await runGraph(constantGraph('float32', packed), {});
    expect(y!.shape).toEqual([3, 2]);
    expect([...(y!.data as Float32Array)]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('take bits / 32 of the bytes, less when most are zero', () => {
    const shape = [64, 32, 3, 3];
    const decode = { scale: new Float32Array(64).fill(0.5), zeroPoint: Float32Array.of(4) };
    const bytesOf = (zeros: number): number => {
      const packed = { codes: codesOf(18432, 3, 1, zeros, 4), bits: 3, shape, rowLength: 288, decode, zeroCode: 4 };
      return encodeModel(constantGraph('float32', packed)).length;
    };
    expect(bytesOf(0)).toBeLessThan((18432 * 3) / 8 + 800);
    expect(bytesOf(0.9)).toBeLessThan(18432 / 8 + (18432 * 0.1 * 3) / 8 + 1200);
  });

  test.each([0, 0.9])(
    'ONNX Runtime folds the decoder while it loads the file; plain tensors come back (zeros %f)',
    async (zeros) => {
      const shape = [20, 7, 3, 3];
      const codes = codesOf(1260, 5, 3, zeros, 16);
      const scale = roundToHalfReals(Float32Array.from({ length: 20 }, (_, row) => (row + 1) / 300));
      const packed = {
        codes,
        bits: 5,
        shape,
        rowLength: 63,
        decode: { scale, zeroPoint: Float32Array.of(16) },
        zeroCode: 16,
      };
      const graph = makeGraph({
        inputs: [makeValue('x', 'float32', [1, 7, 5, 5])],
        outputs: [makeValue('y', 'float32', [])],
        nodes: [makeNode('Conv', ['x', 'w'], ['y'])],
      });
      packedInitializer(graph, 'w', packed);
      const operators = await optimizedOperators(graph);
      expect(Object.keys(operators).filter((op) => !/^(Conv|Reorder)/.test(op))).toEqual([]);
      const decoded = await decodeWeights(parseModel(encodeModel(graph), 'test'));
      expect(decoded.nodes.map((node) => node.op)).toEqual(['Conv']);
      expect([...decoded.initializers.keys()]).toEqual(['w']);
      expect(decoded.initializers.get('w')!.data).toEqual(decodeCodes(packed));
    },
  );

  test('parts that do not fit together are refused', () => {
    const decode = { table: new Float32Array(4) };
    expect(() => constantGraph('float32', { codes: new Uint8Array(3), bits: 2, shape: [4], decode })).toThrow(
      RangeError,
    );
    expect(() => constantGraph('float32', { codes: new Uint8Array(4), bits: 9, shape: [4], decode })).toThrow(
      RangeError,
    );
    expect(() =>
      constantGraph('float32', {
        codes: new Uint8Array(4),
        bits: 2,
        shape: [4],
        rowLength: 1,
        decode: { table: new Float32Array(3) },
      }),
    ).toThrow(RangeError);
  });
});
