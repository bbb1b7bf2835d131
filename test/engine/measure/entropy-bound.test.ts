import { describe, expect, it } from 'vitest';
import { packedInitializer } from '../../../src/main/engine/compression/storage/bit-planes';
import { sparseInitializer } from '../../../src/main/engine/compression/storage/sparse-decode';
import { entropyBoundBytes } from '../../../src/main/engine/measure/file/entropy-bound';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, int8Tensor, makeNode } from '../../../src/main/engine/onnx/make';
import { smallClassifier } from './small-classifier';

const classes = 1000;
const size = classes * 3;
/** A Gemm with `[1000, 3]` weights, stored as the test likes. */
function network(store: (graph: Graph) => void): Graph {
  const graph = smallClassifier({ weights: Array.from({ length: classes }, () => [0, 0, 0]) });
  graph.initializers.delete('weights');
  store(graph);
  return graph;
}
const sixteen = Uint8Array.from({ length: size }, (_, at) => at % 16);
/** Entropy of 3,000 codes that go through all sixteen in turn: not quite 4 bits, as 3,000 is no multiple of 16. */
const sixteenBits = [...Array(16).keys()].reduce((bits, code) => {
  const count = sixteen.filter((each) => each === code).length;
  return bits - count * Math.log2(count / size);
}, 0);
const shape = [classes, 3];

describe('entropyBoundBytes', () => {
  it('is the file’s own weights where they are float and all different', async () => {
    const weights = Float32Array.from({ length: size }, (_, at) => Math.sin(at + 1));
    const graph = network(({ initializers }) => initializers.set('weights', float32Tensor(shape, weights)));
    expect(await entropyBoundBytes(graph)).toBe(4 * size);
  });

  it('joins bit planes: 4-bit codes with scales for each channel', async () => {
    const scale = Float32Array.from({ length: classes }, (_, at) => Math.fround(0.01 + at / 3333));
    const decode = { scale, zeroPoint: Float32Array.of(8) };
    const graph = network((each) =>
      packedInitializer(each, 'weights', { codes: sixteen, bits: 4, shape, rowLength: 3, decode }),
    );
    const expected = sixteenBits / 8 + 4 * classes;
    expect(Math.abs((await entropyBoundBytes(graph)) - expected)).toBeLessThan(60);
  });

  it('counts a table of each row and the codes', async () => {
    const table = Float32Array.from({ length: classes * 16 }, (_, at) => Math.fround(Math.sin(at + 1)));
    const graph = network((each) =>
      packedInitializer(each, 'weights', { codes: sixteen, bits: 4, shape, rowLength: 3, decode: { table } }),
    );
    const expected = sixteenBits / 8 + 4 * table.length;
    expect(Math.abs((await entropyBoundBytes(graph)) - expected)).toBeLessThan(60);
  });

  it('counts one table for all', async () => {
    const table = Float32Array.from({ length: 16 }, (_, at) => Math.fround(Math.sin(at + 1)));
    const graph = network((each) =>
      packedInitializer(each, 'weights', { codes: sixteen, bits: 4, shape, decode: { table } }),
    );
    expect(Math.abs((await entropyBoundBytes(graph)) - (sixteenBits / 8 + 64))).toBeLessThan(60);
  });

  it('needs next to nothing for codes that are all equal', async () => {
    const decode = { scale: Float32Array.of(0.5), zeroPoint: Float32Array.of(8) };
    const codes = new Uint8Array(size).fill(9);
    const graph = network((each) => packedInitializer(each, 'weights', { codes, bits: 4, shape, decode }));
    expect(await entropyBoundBytes(graph)).toBeLessThan(60);
  });

  it.each([0.5, 0.9])('puts the zeros of sparse weights back: %s', async (share) => {
    const weights = Float32Array.from({ length: size }, (_, at) => (at % 10 < 10 * share ? 0 : Math.sin(at + 1)));
    const graph = network((each) =>
      expect(sparseInitializer(each, 'weights', float32Tensor(shape, weights))).toBe(true),
    );
    const entropy = -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
    const expected = (size * entropy) / 8 + 4 * (1 - share) * size;
    expect(Math.abs((await entropyBoundBytes(graph)) - expected)).toBeLessThan(60);
  });

  it('takes int8 weights behind DequantizeLinear as they are stored', async () => {
    const graph = network(({ initializers, nodes }) => {
      initializers.set(
        'codes',
        int8Tensor(
          shape,
          Array.from(sixteen, (code) => code - 8),
        ),
      );
      initializers.set('scale', float32Tensor([], [0.5]));
      nodes.unshift(makeNode('DequantizeLinear', ['codes', 'scale'], ['weights']));
    });
    expect(await entropyBoundBytes(graph)).toBe(Math.ceil(sixteenBits / 8 + 4));
  });
});
