import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph, Node } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int64Tensor, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import { QdqBuilder, type Affine } from '../../fixtures/qdq-builder';
import { codesApart } from '../../fixtures/codes-apart';
import { hasTflite, needsTflite } from '../../fixtures/converted-network';

const input: Affine = [0.02, 120];
const shape = [1, 3, 7, 6];

/** Operators of the file, without versions. */
const operatorsOf = (model: TfliteModel): string[] => model.graphs[0]!.operators.map(({ op }) => op);

type Make = (net: QdqBuilder, value: string) => string;

/** An operator between codes, what the file computes it with, and codes of its answer apart from ONNX Runtime's at most. */
const cases: readonly [name: string, operators: string[], output: Affine, make: Make, apart?: number][] = [
  [
    'a convolution that SAME pads',
    ['CONV_2D'],
    [0.15, 128],
    (net, x) => net.conv(x, [3, 6], [3, 3], input, { pads: attr.ints([1, 1, 1, 1]) }),
  ],
  [
    'one that needs PAD',
    ['PAD', 'CONV_2D'],
    [0.15, 131],
    (net, x) => net.conv(x, [3, 6], [3, 3], input, { pads: attr.ints([2, 1, 1, 0]), strides: attr.ints([2, 2]) }),
  ],
  [
    'one in groups',
    ['CONV_2D', 'SPLIT', 'CONV_2D', 'CONV_2D', 'CONCATENATION'],
    [0.3, 128],
    (net, x) =>
      net.conv(net.coded(net.conv(x, [3, 8], [1, 1], input), [0.07, 100]), [8, 6], [1, 1], [0.07, 100], {
        group: attr.int(2),
      }),
  ],
  [
    'a depthwise one with two outputs a channel',
    ['DEPTHWISE_CONV_2D'],
    [0.06, 120],
    (net, x) => net.conv(x, [3, 6], [3, 3], input, { group: attr.int(3), pads: attr.ints([1, 1, 1, 1]) }),
    1,
  ],
  [
    'a dilated one',
    ['CONV_2D'],
    [0.15, 128],
    (net, x) => net.conv(x, [3, 6], [3, 3], input, { dilations: attr.ints([2, 2]), pads: attr.ints([2, 2, 2, 2]) }),
  ],
  [
    'a ReLU within the range',
    ['CONV_2D'],
    [0.08, 0],
    (net, x) => net.node('Relu', [net.conv(x, [3, 6], [1, 1], input)]),
  ],
  [
    'a sum of two values',
    ['CONV_2D', 'ADD'],
    [0.1, 140],
    (net, x) => net.node('Add', [net.coded(net.conv(x, [3, 3], [1, 1], input), [0.07, 100]), x]),
    1,
  ],
  [
    'a difference',
    ['CONV_2D', 'SUB'],
    [0.1, 140],
    (net, x) => net.node('Sub', [net.coded(net.conv(x, [3, 3], [1, 1], input), [0.07, 100]), x]),
    1,
  ],
  [
    'a gate',
    ['MEAN', 'CONV_2D', 'LOGISTIC', 'MUL'],
    [0.02, 120],
    (net, x) => {
      const squeezed = net.coded(net.node('GlobalAveragePool', [x]), [0.01, 120]);
      const excited = net.coded(net.conv(squeezed, [3, 3], [1, 1], [0.01, 120]), [0.02, 128]);
      return net.node('Mul', [x, net.coded(net.node('Sigmoid', [excited]), [1 / 256, 0])]);
    },
    2,
  ],
  ['a sigmoid of another scale', ['LOGISTIC', 'QUANTIZE'], [1 / 255, 0], (net, x) => net.node('Sigmoid', [x]), 1],
  ['a hyperbolic tangent', ['TANH'], [1 / 128, 128], (net, x) => net.node('Tanh', [x]), 1],
  ['a hard swish', ['HARD_SWISH'], [0.015, 30], (net, x) => net.node('HardSwish', [x]), 1],
  ['a leaky ReLU', ['LEAKY_RELU'], [0.012, 40], (net, x) => net.node('LeakyRelu', [x], { alpha: attr.float(0.1) }), 1],
  ['a ReLU of its own', ['QUANTIZE'], [0.01, 0], (net, x) => net.node('Relu', [x]), 1],
  [
    'a ReLU6 in a wider range',
    ['CONV_2D'],
    [0.1, 100],
    (net, x) =>
      net.node('Clip', [
        net.conv(x, [3, 6], [1, 1], input),
        net.store(float32Tensor([], [0])),
        net.store(float32Tensor([], [6])),
      ]),
    1,
  ],
  [
    'a clip to -1 and 1 in a wider range',
    ['RELU_N1_TO_1'],
    [0.02, 128],
    (net, x) => net.node('Clip', [x, net.store(float32Tensor([], [-1])), net.store(float32Tensor([], [1]))]),
    1,
  ],
  [
    'members of other scales',
    ['CONV_2D', 'QUANTIZE', 'QUANTIZE', 'CONCATENATION'],
    [0.05, 110],
    (net, x) =>
      net.node('Concat', [net.coded(net.conv(x, [3, 6], [1, 1], input), [0.07, 100]), x], { axis: attr.int(1) }),
    1,
  ],
  [
    'the largest of padded pixels',
    ['PADV2', 'MAX_POOL_2D'],
    input,
    (net, x) =>
      net.node('MaxPool', [x], {
        kernel_shape: attr.ints([3, 3]),
        pads: attr.ints([1, 1, 1, 1]),
        strides: attr.ints([2, 2]),
      }),
  ],
  [
    'the largest of padded pixels that are never below zero',
    ['CONV_2D', 'PAD', 'MAX_POOL_2D'],
    [0.1, 100],
    (net, x) =>
      net.node('MaxPool', [net.coded(net.node('Relu', [net.conv(x, [3, 6], [1, 1], input)]), [0.1, 100])], {
        kernel_shape: attr.ints([3, 3]),
        pads: attr.ints([1, 1, 1, 1]),
        strides: attr.ints([2, 2]),
      }),
    1,
  ],
  [
    'the largest, then other codes',
    ['MAX_POOL_2D', 'QUANTIZE'],
    [0.03, 100],
    (net, x) => net.node('MaxPool', [x], { kernel_shape: attr.ints([2, 2]) }),
    1,
  ],
  [
    'an average',
    ['AVERAGE_POOL_2D'],
    input,
    (net, x) => net.node('AveragePool', [x], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }),
    1,
  ],
  [
    'an average that counts zeros',
    ['PAD', 'AVERAGE_POOL_2D'],
    input,
    (net, x) =>
      net.node('AveragePool', [x], {
        kernel_shape: attr.ints([3, 3]),
        pads: attr.ints([1, 1, 1, 1]),
        count_include_pad: attr.int(1),
      }),
    1,
  ],
  [
    'an average that leaves them out',
    ['AVERAGE_POOL_2D'],
    input,
    (net, x) => net.node('AveragePool', [x], { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) }),
    1,
  ],
  [
    'one that SAME does not pad, in floats',
    ['DEQUANTIZE', 'PAD', 'AVERAGE_POOL_2D', 'MUL', 'QUANTIZE'],
    input,
    (net, x) => net.node('AveragePool', [x], { kernel_shape: attr.ints([3, 3]), pads: attr.ints([2, 2, 2, 2]) }),
    1,
  ],
  [
    'zeros around',
    ['PAD'],
    input,
    (net, x) => net.node('Pad', [x, net.store(int64Tensor([8], [0, 1, 2, 0, 0, 0, 1, 1]))]),
  ],
  [
    'a number around',
    ['PADV2'],
    input,
    (net, x) =>
      net.node('Pad', [x, net.store(int64Tensor([8], [0, 0, 2, 0, 0, 0, 1, 1])), net.store(float32Tensor([], [0.4]))]),
  ],
  [
    'a part',
    ['STRIDED_SLICE'],
    input,
    (net, x) => net.node('Slice', [x, ...[[1], [3], [1]].map((v) => net.store(int64Tensor([1], v)))]),
  ],
  [
    'channels shuffled',
    ['CONV_2D', 'RESHAPE', 'TRANSPOSE', 'RESHAPE'],
    [0.07, 100],
    (net, x) => {
      const wide = net.coded(net.conv(x, [3, 4], [1, 1], input), [0.07, 100]);
      const cut = net.coded(net.node('Reshape', [wide, net.store(int64Tensor([5], [1, 2, 2, 7, 6]))]), [0.07, 100]);
      const turned = net.coded(net.node('Transpose', [cut], { perm: attr.ints([0, 2, 1, 3, 4]) }), [0.07, 100]);
      return net.node('Reshape', [turned, net.store(int64Tensor([4], [1, 4, 7, 6]))]);
    },
  ],
  [
    'a constant for each channel',
    ['MUL'],
    [0.03, 100],
    (net, x) => {
      const codes = [
        net.store(uint8Tensor([3, 1, 1], [10, 200, 255])),
        net.store(float32Tensor([], [0.01])),
        net.store(uint8Tensor([], [100])),
      ];
      return net.node('Mul', [x, net.node('DequantizeLinear', codes)]);
    },
    1,
  ],
  [
    'an average over all, then classes',
    ['MEAN', 'CONV_2D', 'RESHAPE'],
    [0.02, 128],
    (net, x) => {
      const flat = net.coded(
        net.node('Flatten', [net.coded(net.node('GlobalAveragePool', [x]), [0.005, 128])]),
        [0.005, 128],
      );
      const weights = net.weights([5, 3]);
      return net.node('Gemm', [flat, weights, net.bias(5, weights, [0.005, 128])], { transB: attr.int(1) });
    },
    2,
  ],
  [
    'probabilities',
    ['RESHAPE', 'CONV_2D', 'RESHAPE', 'SOFTMAX'],
    [1 / 256, 0],
    (net, x) => {
      const flat = net.coded(net.node('Flatten', [x]), input);
      return net.node('Softmax', [net.coded(net.node('MatMul', [flat, net.weights([126, 5], 1)]), [0.4, 128])]);
    },
    1,
  ],
];

const graphOf = (output: Affine, make: Make): { graph: Graph; image: Float32Array } => {
  const net = new QdqBuilder(shape, 3);
  return { graph: net.finish(net.coded(make(net, net.coded('input', input)), output)), image: net.image(input, 126) };
};

test.each(cases)('%s: its operators', (_name, operators, output, make) => {
  expect(operatorsOf(convertGraph(graphOf(output, make).graph))).toEqual(['QUANTIZE', ...operators, 'DEQUANTIZE']);
});

describe(`operators on codes${needsTflite}`, () => {
  test.skipIf(!hasTflite).each(cases)('%s', async (_name, _operators, output, make, apart = 0) => {
    const { graph, image } = graphOf(output, make);
    for (const most of await codesApart(graph, image, shape)) expect(most).toBeLessThanOrEqual(apart);
  });

  const small = fc.integer({ min: 1, max: 3 });
  const pad = fc.integer({ min: 0, max: 2 });
  const window = fc.record({
    kernel: fc.tuple(small, small),
    strides: fc.tuple(small, small),
    pads: fc.tuple(pad, pad, pad, pad),
    size: fc.tuple(fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 })),
    zeroPoint: fc.integer({ min: 0, max: 255 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  });
  const attributesOf = (kernel: number[], strides: number[], pads: number[]): Node['attributes'] => ({
    kernel_shape: attr.ints(kernel),
    strides: attr.ints(strides),
    pads: attr.ints(pads),
  });

  test.skipIf(!hasTflite)('whatever pads a convolution stands for zero, whatever the zero point', async () => {
    await fc.assert(
      fc.asyncProperty(window, fc.boolean(), async ({ kernel, strides, pads, size, zeroPoint, seed }, isDepthwise) => {
        const codes: Affine = [0.02, zeroPoint];
        const net = new QdqBuilder([1, 3, ...size], seed);
        const group = { group: attr.int(isDepthwise ? 3 : 1) };
        const attributes = { ...attributesOf(kernel, strides, pads), ...group };
        const result = net.conv(net.coded('input', codes), [3, 3], kernel, codes, attributes);
        const graph = net.finish(net.coded(result, [0.25, 128]));
        const apart = await codesApart(graph, net.image(codes, 3 * size[0] * size[1]), [1, 3, ...size]);
        expect(Math.max(...apart)).toBeLessThanOrEqual(1);
        expect(apart[1]).toBe(0);
      }),
      // A sum right between two codes, about once in a thousand draws, is rounded either way.
      { numRuns: 30, seed: 1 },
    );
  });

  test.skipIf(!hasTflite)('no padding is ever the largest of a window', async () => {
    await fc.assert(
      fc.asyncProperty(
        window,
        fc.integer({ min: 0, max: 1 }),
        async ({ kernel, strides, pads, size, zeroPoint, seed }, ceil) => {
          fc.pre(pads.every((each, axis) => each < kernel[axis % 2]!));
          const codes: Affine = [0.02, zeroPoint];
          const net = new QdqBuilder([1, 3, ...size], seed);
          const attributes = { ...attributesOf(kernel, strides, pads), ceil_mode: attr.int(ceil) };
          const graph = net.finish(net.coded(net.node('MaxPool', [net.coded('input', codes)], attributes), codes));
          const image = net.image(codes, 3 * size[0] * size[1]);
          expect(await codesApart(graph, image, [1, 3, ...size])).toEqual([0, 0]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
