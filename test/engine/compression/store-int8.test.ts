import { describe, expect, test } from 'vitest';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import { storeInt8 } from '../../../src/main/engine/compression/storage/store-int8';
import { int8Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { makeGraph } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { numbersFrom } from '../techniques/small-networks';

const [channels, length] = [64, 288];

/** Weights `[channels, length]`, or `[length, channels]` for axis 1, and what ONNX Runtime makes of the stored form. */
async function stored(
  integerAt: (channel: number, random: () => number) => number,
  axis = 0,
): Promise<{ bytes: number; isExact: boolean }> {
  const random = numbersFrom(5);
  const shape = axis === 0 ? [channels, length] : [length, channels];
  const data = Int8Array.from({ length: channels * length }, (_, index) =>
    integerAt(axis === 0 ? Math.floor(index / length) : index % channels, random),
  );
  const graph = makeGraph({
    inputs: [],
    outputs: [makeValue('y', 'int8', [])],
    nodes: [makeNode('Identity', ['w'], ['y'])],
  });
  const name = storeInt8(graph, int8Tensor(shape, data), new FreshNames(graph), axis);
  graph.nodes.find((node) => node.op === 'Identity')!.inputs = [name];
  const { y } = await runGraph(graph, {}, 'all');
  return { bytes: encodeModel(graph).length, isExact: Buffer.from(data).equals(Buffer.from(y!.data as Int8Array)) };
}

/** With what the nodes take. */
const bitsFit = (bits: number, tables: number): number => (channels * length * bits) / 8 + tables + 1000;
const draw = (count: number, random: () => number): number => Math.floor(random() * count);

describe('storeInt8', () => {
  test.each([0, 1])(
    '16 steps that begin elsewhere in each channel take 4 bits (channels along axis %i)',
    async (axis) => {
      // What 4-bit weights become where the scale of some channels is negative: 17 numbers in all.
      const { bytes, isExact } = await stored(
        (channel, random) => draw(16, random) - (channel % 2 === 0 ? 8 : 7),
        axis,
      );
      expect(isExact).toBe(true);
      expect(bytes).toBeLessThan(bitsFit(4, channels));
    },
  );

  test.each([0, 1])('8 numbers of its own in each channel take 3 bits (channels along axis %i)', async (axis) => {
    const { bytes, isExact } = await stored(
      (channel, random) => ((draw(8, random) * 31 + channel * 3) % 255) - 127,
      axis,
    );
    expect(isExact).toBe(true);
    expect(bytes).toBeLessThan(bitsFit(3, channels * 8));
  });

  test('few numbers shared by all channels need one table; all numbers stay as they are', async () => {
    const few = await stored((_channel, random) => [-100, -3, 0, 90][draw(4, random)]!);
    expect(few.isExact).toBe(true);
    expect(few.bytes).toBeLessThan(bitsFit(2, 4));
    const all = await stored((_channel, random) => draw(256, random) - 128);
    expect(all.isExact).toBe(true);
    expect(all.bytes).toBeLessThan(bitsFit(8, 0));
  });
});
