import { describe, expect, test } from 'vitest';
import { asRead, codesUsed } from '../../../src/main/engine/compression/quantization/choices-as-read';
import { readQdq, type QdqReading } from '../../../src/main/engine/compression/quantization/qdq-reading';
import type { QdqChoices } from '../../../src/main/engine/compression/quantization/qdq-rewrite';
import {
  explicitPairs,
  fusedKernels,
  sharedScaleKernels,
} from '../../../src/main/engine/compression/quantization/quantizer-profile';
import type { Attribute, Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int8Tensor, makeNode, makeValue, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';

const one = (value: number): Tensor => float32Tensor([], [value]);
const zero = (code: number): Tensor => uint8Tensor([], [code]);
const conversion = (op: string, inputs: string[], output: string, attributes: Record<string, Attribute> = {}): Node =>
  makeNode(op, inputs, [output], attributes);

const axisZero = { axis: attr.int(0) };
/** [2, 2, 1, 1] around zero, a scale for each output channel. */
const codes = int8Tensor([2, 2, 1, 1], [3, -8, 0, 127]);
const scales = float32Tensor([2], [0.5, 0.25]);

interface Parts {
  nodes?: Node[];
  initializers?: Record<string, Tensor>;
  weight?: Node;
}

/** input -> Q -> DQ -> Conv -> Q -> DQ -> output, each with something else where it is asked for. */
function network({ nodes = [], initializers = {}, weight }: Parts = {}): Graph {
  return makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 2, 4, 4])],
    outputs: [makeValue('output', 'float32', ['batch', 2, 4, 4])],
    nodes: [
      conversion('QuantizeLinear', ['input', 's', 'z'], 'q'),
      conversion('DequantizeLinear', ['q', 's', 'z'], 'x'),
      weight ?? conversion('DequantizeLinear', ['w', 'ws'], 'weight', axisZero),
      makeNode('Conv', ['x', 'weight'], ['y']),
      ...(nodes.length > 0
        ? nodes
        : [
            conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
            conversion('DequantizeLinear', ['yq', 's', 'z'], 'output'),
          ]),
    ],
    initializers: { s: one(0.1), z: zero(128), w: codes, ws: scales, ...initializers },
  });
}

function reading(parts: Parts): QdqReading {
  const read = readQdq(network(parts));
  if ('unreadable' in read) throw new Error(read.unreadable);
  return read;
}

describe('readQdq', () => {
  test('weights are what their codes stand for, values are rounded no more', () => {
    const { graph, values, weights } = reading({});
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Conv', 'Identity']);
    expect(graph.initializers.get('weight')).toEqual(float32Tensor([2, 2, 1, 1], [1.5, -4, 0, 31.75]));
    expect(values.get('input')).toEqual({
      scale: Math.fround(0.1),
      zeroPoint: 128,
      limits: { lowest: 0, highest: 255 },
    });
    expect(codesUsed(weights.get('weight')!)).toBe(2);
  });

  test.each<[string, Parts, RegExp]>([
    [
      'scales for blocks',
      { weight: conversion('DequantizeLinear', ['w', 'ws'], 'weight', { ...axisZero, block_size: attr.int(2) }) },
      /blocks/,
    ],
    [
      'scales in half precision',
      { initializers: { ws: { type: 'float16', shape: [2], data: new Uint16Array([0x3800, 0x3400]) } } },
      /32 bits/,
    ],
    [
      'weights in 4 bits',
      { initializers: { w: { type: 'int4', shape: [2, 2, 1, 1], data: new Uint8Array(2) } } },
      /int4/,
    ],
    [
      'scales for another axis',
      { weight: conversion('DequantizeLinear', ['w', 'ws'], 'weight', { axis: attr.int(2) }) },
      /their axis/,
    ],
    [
      'activations in 16 bits',
      { initializers: { z: { type: 'uint16', shape: [], data: new Uint16Array([9]) } } },
      /uint16/,
    ],
    [
      'an activation with a scale for each channel',
      { initializers: { s: float32Tensor([2], [1, 2]), z: uint8Tensor([2], [1, 2]) } },
      /each channel/,
    ],
    [
      'another zero point where it is read',
      {
        nodes: [
          conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
          conversion('DequantizeLinear', ['yq', 's', 'other'], 'output'),
        ],
        initializers: { other: zero(3) },
      },
      /another zero point/,
    ],
    [
      'an operator on codes',
      {
        nodes: [
          conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
          makeNode('MaxPool', ['yq'], ['pooled'], { kernel_shape: attr.ints([1, 1]) }),
          conversion('DequantizeLinear', ['pooled', 's', 'z'], 'output'),
        ],
      },
      /computes with the codes/,
    ],
  ])('%s are told of', (_, parts, words) =>
    expect(readQdq(network(parts))).toMatchObject({ unreadable: expect.stringMatching(words) as string }),
  );

  test('axes are counted from the end, types without a zero point are said', () => {
    const weight = conversion('DequantizeLinear', ['w', 'ws'], 'weight', { axis: attr.int(-4) });
    const { graph, values } = reading({
      weight,
      nodes: [
        conversion('QuantizeLinear', ['y', 's'], 'yq', { output_dtype: attr.int(3) }),
        conversion('DequantizeLinear', ['yq', 's'], 'output'),
      ],
    });
    expect(graph.initializers.get('weight')!.data).toEqual(Float32Array.of(1.5, -4, 0, 31.75));
    expect(values.get('y')).toMatchObject({ zeroPoint: 128, limits: { lowest: 0, highest: 255 } });
  });

  test('a value that is read with another scale is multiplied', () => {
    const { graph, values } = reading({
      nodes: [
        conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
        conversion('DequantizeLinear', ['yq', 'less', 'z'], 'output'),
      ],
      initializers: { less: one(0.02) },
    });
    expect(graph.nodes.at(-1)).toMatchObject({ op: 'Mul', inputs: ['y', expect.any(String) as string] });
    expect(values.get('y')!.scale).toBeCloseTo(0.1, 6);
    expect(values.get('output')!.scale).toBeCloseTo(0.02, 6);
  });
});

/** Choices of which nothing came from images. */
const unread = (isExplicit = false): QdqChoices => ({
  perChannel: true,
  isExplicit,
  codesOf: () => ({ scales: Float32Array.of(9, 9), codes: { lowest: -127, highest: 127, zeroPoint: 0 } }),
  scaleOf: () => ({ scale: 99, zeroPoint: 0 }),
});

function choicesFor(parts: Parts, profile = fusedKernels, own = unread(profile.isExplicit)) {
  const read = reading(parts);
  const plan = profile.plan(read.graph);
  return { plan, ...asRead(own, read, plan) };
}

describe('asRead', () => {
  test('scales are those of the file', () => {
    const { choices, plan, taken } = choicesFor({});
    const [layer] = plan.layers.values();
    expect(choices.scaleOf('input')).toMatchObject({ scale: Math.fround(0.1), zeroPoint: 128 });
    expect(choices.codesOf(layer!).scales).toEqual(Float32Array.of(0.5, 0.25));
    expect(taken).toBe(3);
  });

  test('int8 activations are uint8 ones; kernels without zero points take what has none', () => {
    const signed = (code: number): Parts => ({ initializers: { z: int8Tensor([], [code]) } });
    expect(choicesFor(signed(-3)).choices.scaleOf('input')).toMatchObject({ zeroPoint: 125 });
    expect(choicesFor(signed(0), explicitPairs).choices.scaleOf('input')).toMatchObject({
      scale: Math.fround(0.1),
      zeroPoint: 0,
    });
    expect(choicesFor(signed(5), explicitPairs).choices.scaleOf('input').scale).toBe(99);
  });

  test('a scale that follows from another one tells nothing of it, nor does that of a kernel', () => {
    const pooled = choicesFor({
      nodes: [
        conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
        conversion('Clip', ['yq', 'low', 'high'], 'few'),
        conversion('DequantizeLinear', ['few', 's', 'z'], 'yd'),
        makeNode('MaxPool', ['yd'], ['p'], { kernel_shape: attr.ints([1, 1]) }),
        conversion('QuantizeLinear', ['p', 's', 'z'], 'pq'),
        conversion('DequantizeLinear', ['pq', 's', 'z'], 'output'),
      ],
      initializers: { low: zero(120), high: zero(135) },
    });
    expect(pooled.choices.scaleOf('y').scale).toBe(99);
    const gated = choicesFor(
      {
        nodes: [
          conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
          conversion('DequantizeLinear', ['yq', 's', 'z'], 'yd'),
          makeNode('Sigmoid', ['yd'], ['g']),
          conversion('QuantizeLinear', ['g', 'gs', 'gz'], 'gq'),
          conversion('DequantizeLinear', ['gq', 'gs', 'gz'], 'output'),
        ],
        initializers: { gs: one(0.0031), gz: zero(0) },
      },
      sharedScaleKernels,
    );
    expect(gated.plan.fixed.has('g') || gated.plan.fixed.has('output')).toBe(true);
    expect(gated.choices.scaleOf('output').scale).toBe(99);
  });

  const few: QdqChoices = {
    ...unread(),
    codesOf: () => ({ scales: Float32Array.of(9, 9), codes: { lowest: -8, highest: 7, zeroPoint: 0 } }),
  };
  const scalesUnder = (parts: Parts, own = few): Float32Array => {
    const { choices, plan } = choicesFor(parts, fusedKernels, own);
    return choices.codesOf([...plan.layers.values()][0]!).scales;
  };

  test('codes beyond those asked for are found anew, also where the file rounds numbers when it is opened', () => {
    expect(scalesUnder({})).toEqual(Float32Array.of(9, 9));
    const numbers = float32Tensor([2, 2, 1, 1], [1.5, -4, 0, 31.75]);
    const rounded: Parts = {
      nodes: [
        conversion('QuantizeLinear', ['numbers', 'ws', 'wz'], 'wq', axisZero),
        conversion('QuantizeLinear', ['y', 's', 'z'], 'yq'),
        conversion('DequantizeLinear', ['yq', 's', 'z'], 'output'),
      ],
      weight: conversion('DequantizeLinear', ['wq', 'ws', 'wz'], 'weight', axisZero),
      initializers: { numbers, wz: int8Tensor([2], [0, 0]) },
    };
    expect(reading(rounded).graph.initializers.get('weight')).toEqual(numbers);
    expect(scalesUnder(rounded)).toEqual(Float32Array.of(9, 9));
  });

  test('each channel may have one code more on either side of zero: its scale turns the codes round', () => {
    const w = int8Tensor([2, 2, 1, 1], [-8, 7, 8, -7]);
    expect(scalesUnder({ initializers: { w } })).toEqual(Float32Array.of(0.5, -0.25));
    expect(scalesUnder({ initializers: { w: int8Tensor([2, 2, 1, 1], [-8, 8, 0, 1]) } })).toEqual(
      Float32Array.of(9, 9),
    );
  });

  test('training begins beside zeros and last codes, and at the zeros of pruned weights', () => {
    const startOf = (data: number[]): number[] => {
      const w = int8Tensor([2, data.length / 2, 1, 1], data);
      const { starts } = choicesFor({ initializers: { w, ws: float32Tensor([2], [1, 1]) } });
      return Array.from(starts.get('weight')!.data as Float32Array);
    };
    const rounded = startOf([0, 1, -1, 7, -8, 2]);
    expect(rounded.map(Math.round)).toEqual([0, 1, -1, 7, -8, 2]);
    expect(rounded[0]).not.toBe(0);
    expect(Math.abs(rounded[4]!)).toBeLessThan(8);
    expect(startOf([0, 0, 0, 0, 1, 5]).slice(0, 4)).toEqual([0, 0, 0, 0]);
  });
});
