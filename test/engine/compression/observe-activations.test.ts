import { describe, expect, test } from 'vitest';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { gridStep, observeActivations } from '../../../src/main/engine/compression/calibration/observe-activations';
import { cardFor, contextFor, numbersFrom } from '../techniques/small-networks';

/** input [N,C,S,S] -> Relu -> Neg, so that every value is known without running a network. */
function elementwise(channels: number, side: number): Graph {
  return {
    name: 'elementwise',
    producer: '',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [makeValue('input', 'float32', ['batch', channels, side, side])],
    outputs: [makeValue('negative', 'float32', ['batch', channels, side, side])],
    nodes: [makeNode('Relu', ['input'], ['positive']), makeNode('Neg', ['positive'], ['negative'])],
    initializers: new Map(),
    metadata: {},
  };
}

function pictures(count: number, channels: number, side: number): Float32Array {
  const random = numbersFrom(3);
  return Float32Array.from({ length: count * channels * side * side }, () => random() * 4 - 2);
}

describe('against a plain loop over the images', () => {
  test.each([
    { side: 8, channels: 3, images: 10, step: 1 },
    { side: 40, channels: 5, images: 7, step: 2 },
  ])('$channels channels of $side x $side: every $step pixels', async ({ side, channels, images, step }) => {
    expect(gridStep(['batch', channels, side, side])).toBe(step);
    const graph = elementwise(channels, side);
    const data = pictures(images, channels, side);
    const context = contextFor(cardFor(graph), data, [channels, side, side]);
    const observed = (await observeActivations(graph, ['input', 'positive'], context, 'test')).get('positive')!;
    const lists = Array.from({ length: channels }, (): number[] => []);
    const peaks = new Array<number>(channels).fill(0);
    for (let index = 0; index < data.length; index++) {
      const [column, row] = [index % side, Math.floor(index / side) % side];
      const channel = Math.floor(index / side ** 2) % channels;
      peaks[channel] = Math.max(peaks[channel]!, data[index]!);
      if (column % step === 0 && row % step === 0) lists[channel]!.push(Math.max(0, data[index]!));
    }
    const all = lists.flat();
    expect(observed.count).toBe(all.length);
    expect(observed.min).toBe(0);
    // The grid is for the rest; extremes are those of every element.
    expect(observed.max).toBe(Math.max(...peaks));
    expect(observed.channelMax).toEqual(peaks);
    lists.forEach((list, channel) => {
      const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
      expect(observed.channelMean[channel]).toBeCloseTo(mean, 6);
    });
    const { counts, firstBin, binWidth } = observed.histogram;
    const expected = counts.map(() => 0);
    for (const value of all) expected[Math.floor(value / binWidth) - firstBin]!++;
    expect(counts).toEqual(expected);
  });
});

test('a model with a fixed batch counts each image once', async () => {
  const graph = elementwise(3, 8);
  const data = pictures(7, 3, 8);
  const flexible = await observeActivations(graph, ['positive'], contextFor(cardFor(graph), data, [3, 8, 8]), 'test');
  graph.inputs[0]!.shape[0] = 5;
  const fixed = await observeActivations(graph, ['positive'], contextFor(cardFor(graph), data, [3, 8, 8]), 'test');
  expect(fixed.get('positive')!.count).toBe(7 * 3 * 64);
  expect(fixed.get('positive')!.histogram).toEqual(flexible.get('positive')!.histogram);
});
