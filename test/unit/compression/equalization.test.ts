import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  channelPeaks,
  weightChannels,
  weightedSums,
} from '../../../src/main/engine/compression/quantization/channel-scaling';
import {
  absorbShifts,
  applyScales,
  equalizationScales,
  equalizingFactors,
} from '../../../src/main/engine/compression/quantization/equalization';
import { absorbableShift, factorLimits } from '../../../src/main/engine/compression/quantization/equalization-limits';
import { equalizationPairs } from '../../../src/main/engine/compression/quantization/equalization-pairs';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import type { Graph, Node } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noise } from '../../fixtures/graphs';

interface Layer {
  weight: number[];
  shape: number[];
  bias?: number[];
  group?: number;
  pads?: number[];
}

/** Convolutions one after another, each but the last followed by `activation`. */
function chain(layers: Layer[], activation: 'Relu' | 'Clip' = 'Relu'): Graph {
  const nodes: Node[] = [];
  const initializers: Parameters<typeof makeGraph>[0]['initializers'] = {
    zero: float32Tensor([], [0]),
    six: float32Tensor([], [6]),
  };
  layers.forEach(({ weight, shape, bias, group = 1, pads = [0, 0, 0, 0] }, position) => {
    const isLast = position === layers.length - 1;
    initializers[`w${position}`] = float32Tensor(shape, weight);
    if (bias) initializers[`b${position}`] = float32Tensor([bias.length], bias);
    const input = position === 0 ? 'input' : `a${position - 1}`;
    const inputs = [input, `w${position}`, ...(bias ? [`b${position}`] : [])];
    nodes.push(
      makeNode('Conv', inputs, [isLast ? 'logits' : `c${position}`], { group: attr.int(group), pads: attr.ints(pads) }),
    );
    const limits = activation === 'Clip' ? ['zero', 'six'] : [];
    if (!isLast) nodes.push(makeNode(activation, [`c${position}`, ...limits], [`a${position}`]));
  });
  return makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', layers[0]!.shape[1]!, 4, 4])],
    outputs: [makeValue('logits', 'float32', ['batch', layers.at(-1)!.shape[0]!, 4, 4])],
    nodes,
    initializers,
  });
}

const weightOf = (graph: Graph, name: string): number[] => [...(graph.initializers.get(name)!.data as Float32Array)];
const scalesOf = (graph: Graph): number[][] =>
  [...equalizationScales(equalizationPairs(graph)).values()].map((factors) => [...factors]);

describe('scales', () => {
  test('by hand: s = sqrt(r1 / r2), nothing for a channel that one side does not use', () => {
    expect([...equalizingFactors(Float64Array.of(4, 1, 0, 3), Float64Array.of(1, 4, 5, 0))]).toEqual([2, 0.5, 1, 1]);
  });

  test('a pair ends with equal ranges', () => {
    // Outputs of the first layer reach 8 and 0.5; they are read with weights up to 0.5 and 2.
    const graph = chain([
      { weight: [8, -1, 0.25, 0.5], shape: [2, 2, 1, 1], bias: [4, 1] },
      { weight: [0.5, 2, -0.1, 1], shape: [2, 2, 1, 1] },
    ]);
    const pairs = equalizationPairs(graph);
    const scales = equalizationScales(pairs);
    expect([...scales.get(pairs[0]!)!]).toEqual([4, 0.5]);
    applyScales(graph, scales);
    expect(weightOf(graph, 'w0')).toEqual([2, -0.25, 0.5, 1]);
    expect(weightOf(graph, 'b0')).toEqual([1, 2]);
    expect(weightOf(graph, 'w1')).toEqual([2, 1, Math.fround(Math.fround(-0.1) * 4), 0.5]);
  });

  test('a convolution, a depthwise one and another converge to the closed form for three', () => {
    const [first, depthwise, last] = [
      [5, 0.1, 2],
      [0.3, 7, 1],
      [2, 0.5, 9],
    ] as const;
    const graph = chain([
      { weight: [...first], shape: [3, 1, 1, 1] },
      { weight: [...depthwise], shape: [3, 1, 1, 1], group: 3 },
      { weight: [...last], shape: [1, 3, 1, 1] },
    ]);
    const [before, after] = scalesOf(graph);
    for (let channel = 0; channel < 3; channel++) {
      const mean = Math.cbrt(first[channel]! * depthwise[channel]! * last[channel]!);
      expect(before![channel]! / (first[channel]! / mean)).toBeCloseTo(1, 3);
      expect(after![channel]! / (mean / last[channel]!)).toBeCloseTo(1, 3);
    }
  });

  test('limits hold', () => {
    const graph = chain([
      { weight: [16, 1], shape: [2, 1, 1, 1] },
      { weight: [1, 16], shape: [1, 2, 1, 1] },
    ]);
    const pairs = equalizationPairs(graph);
    const limits = new Map([[pairs[0]!, { least: Float64Array.of(0, 0.5), most: Float64Array.of(3, 9) }]]);
    expect([...equalizationScales(pairs, limits).get(pairs[0]!)!]).toEqual([3, 0.5]);
  });
});

describe('limits by hand', () => {
  test('no channel beyond the cap, none that reaches it, no bias beyond the largest', () => {
    // Channels: half the cap; over the cap; dead with a large bias; dead with a small one.
    const { least, most } = factorLimits(Float64Array.of(3, 7, -2, -1), Float32Array.of(0.5, 1, -12, 0.3), 6, true);
    expect([...least].map((value) => Number(value.toFixed(6)))).toEqual([0.5, 1, 1, 0.025]);
    expect([...most]).toEqual([Infinity, 1, Infinity, Infinity]);
  });

  test('a ReLU may use the range of its largest channel', () => {
    expect([...factorLimits(Float64Array.of(2, 8), undefined, undefined, true).least]).toEqual([0.25, 1]);
  });

  test('what a bias can give away: mean - 3 deviations, in the scaled channel', () => {
    const moments = {
      mean: Float64Array.of(10, 1, 10),
      deviation: Float64Array.of(2, 1, 2),
      max: Float64Array.of(5, 5, 15),
    };
    expect([...absorbableShift(moments, Float64Array.of(2, 1, 2), 6)]).toEqual([2, 0, 0]);
  });
});

test('absorbed shifts move through the weights of the next layer', () => {
  const graph = chain([
    { weight: [1, 1], shape: [2, 1, 1, 1], bias: [5, 6] },
    { weight: [2, -1], shape: [1, 2, 1, 1] },
  ]);
  const [pair] = equalizationPairs(graph);
  absorbShifts(graph, new Map([[pair!, Float64Array.of(3, 4)]]));
  expect(weightOf(graph, 'b0')).toEqual([2, 2]);
  // 2 * 3 - 1 * 4
  expect(weightOf(graph, graph.nodes.at(-1)!.inputs[2]!)).toEqual([2]);
});

describe('pairs', () => {
  const two = (pads?: number[]): Layer[] => [
    { weight: [1, 2], shape: [2, 1, 1, 1] },
    { weight: [1, 2], shape: [1, 2, 1, 1], pads },
  ];

  test('through Relu and a Clip from 0, which names its cap', () => {
    expect(equalizationPairs(chain(two())).map(({ cap }) => cap)).toEqual([undefined]);
    expect(equalizationPairs(chain(two(), 'Clip')).map(({ cap }) => cap)).toEqual([6]);
  });

  test('padding stands in the way of shifts only', () => {
    expect(equalizationPairs(chain(two([1, 1, 1, 1])))[0]!.canShift).toBe(false);
    expect(equalizationPairs(chain(two()))[0]!.canShift).toBe(true);
  });

  test('not where something else reads the value, nor with shared weights', () => {
    const watched = chain(two());
    watched.outputs.push(makeValue('a0', 'float32', ['batch', 2, 4, 4]));
    expect(equalizationPairs(watched)).toEqual([]);
    const shared = chain([...two(), { weight: [1], shape: [1, 1, 1, 1] }]);
    shared.nodes.push(makeNode('Conv', ['input', 'w0'], ['extra']));
    expect(equalizationPairs(shared).map((pair) => pair.first.weightName)).toEqual(['w1']);
  });
});

test('channels of grouped weights agree with a loop over all indices', () => {
  const sizes = fc.record({
    groups: fc.integer({ min: 1, max: 4 }),
    ins: fc.integer({ min: 1, max: 4 }),
    outs: fc.integer({ min: 1, max: 4 }),
    kernel: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(sizes, ({ groups, ins, outs, kernel }) => {
      const shape = [groups * outs, ins, kernel, kernel];
      const data = noise(groups * outs * ins * kernel * kernel, 3);
      const graph = chain([{ weight: [...data], shape, group: groups }]);
      const channels = weightChannels(weightLayers(graph)[0]!);
      const values = noise(groups * ins, 5);
      const [sums, peaks] = [new Float64Array(groups * outs), new Float64Array(groups * ins)];
      let index = 0;
      for (let output = 0; output < groups * outs; output++) {
        for (let input = 0; input < ins; input++) {
          const channel = Math.floor(output / outs) * ins + input;
          for (let tap = 0; tap < kernel * kernel; tap++, index++) {
            sums[output]! += data[index]! * values[channel]!;
            peaks[channel] = Math.max(peaks[channel]!, Math.abs(data[index]!));
          }
        }
      }
      expect([...weightedSums(data, channels, values)]).toEqual([...sums]);
      expect([...channelPeaks(data, groups * ins, channels.inputOf)]).toEqual([...peaks]);
    }),
  );
});
