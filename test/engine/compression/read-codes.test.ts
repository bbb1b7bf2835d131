import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roundToHalfReals } from '../../../src/main/engine/compression/algebra/half-reals';
import { decodeCodes, packedInitializer } from '../../../src/main/engine/compression/storage/bit-planes';
import { codebookOf, entriesOf, type CodedWeights } from '../../../src/main/engine/compression/storage/codebook';
import { readCodes } from '../../../src/main/engine/compression/storage/read-codes';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { makeGraph } from '../../fixtures/graphs';
import { numbersFrom } from '../techniques/small-networks';

const input = makeValue('x', 'float32', []);
const output = makeValue('y', 'float32', []);

/** A layer that reads the weight `w`. */
function layerWith(packed: CodedWeights): Graph {
  const isMatrix = packed.shape.length === 2;
  const node = isMatrix
    ? makeNode('Gemm', ['x', 'w'], ['y'], { transB: attr.int(packed.permutation ? 0 : 1) })
    : makeNode('Conv', ['x', 'w'], ['y']);
  const graph = makeGraph({ inputs: [input], outputs: [output], nodes: [node] });
  packedInitializer(graph, 'w', packed);
  return graph;
}

const kinds = ['table', 'halfTable', 'symmetric', 'asymmetric', 'oneStep', 'bases'] as const;

const anyCodes = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 30 }),
    kernel: fc.constantFrom(undefined, 1, 3),
    isTransposed: fc.boolean(),
    bits: fc.integer({ min: 1, max: 8 }),
    kind: fc.constantFrom(...kinds),
    perGroup: fc.constantFrom(1, 2, 100),
    zeros: fc.constantFrom(0, 0.9),
    seed: fc.integer(),
  })
  .map(({ rows, columns, kernel, isTransposed, bits: anyBits, kind, perGroup, zeros, seed }): CodedWeights => {
    const bits = kind === 'bases' ? Math.min(4, anyBits) : anyBits;
    const shape = kernel === undefined ? [rows, columns] : [rows, columns, kernel, kernel];
    const length = shape.reduce((product, size) => product * size, 1);
    const rowLength = Math.min(length, (perGroup * length) / rows);
    const groups = Math.ceil(length / rowLength);
    const random = numbersFrom(seed);
    const reals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random() * 0.2 - 0.1);
    const zeroCode = 2 ** (bits - 1);
    const decode = {
      table: () => ({ table: reals(groups * 2 ** bits) }),
      halfTable: () => ({ table: roundToHalfReals(reals(groups * 2 ** bits)) }),
      symmetric: () => ({ scale: roundToHalfReals(reals(groups)), zeroPoint: Float32Array.of(zeroCode) }),
      asymmetric: () => ({ scale: reals(groups), zeroPoint: reals(groups).map((value) => zeroCode + 10 * value) }),
      oneStep: () => ({ scale: reals(1), zeroPoint: Float32Array.of(zeroCode) }),
      bases: () => ({ bases: roundToHalfReals(reals(groups * bits)) }),
    }[kind]();
    const codes = Uint8Array.from({ length }, () =>
      random() < zeros ? zeroCode % 2 ** bits : Math.floor(random() * 2 ** bits),
    );
    const permutation = isTransposed && kernel === undefined ? { permutation: [1, 0] } : {};
    const isSymmetric = kind === 'symmetric' || kind === 'oneStep';
    return { codes, bits, shape, rowLength, decode, ...permutation, ...(isSymmetric && { zeroCode }) };
  });

test('what a file holds in few bits is read as it was packed, and packs to the same file', async () => {
  await fc.assert(
    fc.asyncProperty(anyCodes, async (packed) => {
      const graph = layerWith(packed);
      const found = await readCodes(parseModel(encodeModel(graph), 'test'));
      expect([...found.keys()]).toEqual(['w']);
      const read = found.get('w')!;
      expect(read).toMatchObject({ codes: packed.codes, bits: packed.bits, shape: packed.shape });
      expect(read.permutation).toEqual(packed.permutation);
      expect(decodeCodes(read)).toEqual(decodeCodes(packed));
      // A zero that all rows share was not known to those who packed tables: it may make the form sparse.
      if (read.zeroCode === packed.zeroCode) expect(encodeModel(layerWith(read))).toEqual(encodeModel(graph));
    }),
    { numRuns: 120 },
  );
});

test('the numbers of a codebook give the weights, and go back into the file', () => {
  fc.assert(
    fc.property(anyCodes, (packed) => {
      const book = codebookOf(packed);
      const entries = entriesOf(book, book.numbers);
      const weights = Float32Array.from(
        packed.codes,
        (code, index) => entries[Math.floor(index / book.rowLength) * book.entries + code]!,
      );
      const decoded = decodeCodes(packed) as Float32Array;
      const peak = Math.max(...entries.map(Math.abs));
      const expectNear = (found: ArrayLike<number>, most: number): void => {
        const farthest = decoded.reduce((largest, value, at) => Math.max(largest, Math.abs(found[at]! - value)), 0);
        expect(farthest).toBeLessThanOrEqual(most * peak);
      };
      expectNear(weights, 1e-6);
      expectNear(decodeCodes({ ...packed, decode: book.decodeOf(book.numbers) }), 2e-3);
    }),
    { numRuns: 300 },
  );
});

test('weights that others decode are left out', async () => {
  const graph = makeGraph({
    inputs: [input],
    outputs: [output],
    nodes: [
      makeNode('Cast', ['codes'], ['reals'], { to: attr.int(1) }),
      makeNode('Mul', ['reals', 'scale'], ['w']),
      makeNode('Conv', ['x', 'w'], ['y']),
    ],
    initializers: {
      codes: { type: 'int8', shape: [2, 3, 1, 1], data: Int8Array.of(1, 2, 3, 4, 5, 6) },
      scale: float32Tensor([], [0.1]),
    },
  });
  expect((await readCodes(graph)).size).toBe(0);
});
