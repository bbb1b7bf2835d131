import { describe, expect, test } from 'vitest';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import { inspectGraph } from '../../../src/main/engine/onnx/inspect-graph';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import {
  attr,
  float32Tensor,
  int64Tensor,
  int8Tensor,
  makeNode,
  makeValue,
  uint8Tensor,
} from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { makeGraph, noiseTensor, tinyClassifier } from '../../fixtures/graphs';
import { hasZoo, needsZoo, zooPath } from '../../fixtures/zoo';

/** Multiply-accumulates of a convolution: output positions x filters x channels per group x kernel. */
const convMacs = (side: number, filters: number, channels: number, kernel: number): number =>
  side ** 2 * filters * channels * kernel ** 2;

/** ResNet-50 v1.5 as its paper's table 1 describes it; the stride of a stage is in its first 3x3 convolution. */
function resnet50(): { macs: number; weights: number; channels: number } {
  let macs = convMacs(112, 64, 3, 7);
  let weights = 64 * 3 * 49;
  let channels = 64;
  let inputs = 64;
  let side = 56;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const outSide = stage > 0 && block === 0 ? side / 2 : side;
      macs +=
        convMacs(side, width, inputs, 1) + convMacs(outSide, width, width, 3) + convMacs(outSide, 4 * width, width, 1);
      weights += width * inputs + width * width * 9 + 4 * width * width;
      channels += 6 * width;
      if (block === 0) {
        macs += convMacs(outSide, 4 * width, inputs, 1);
        weights += 4 * width * inputs;
        channels += 4 * width;
      }
      side = outSide;
      inputs = 4 * width;
    }
  }
  return { macs: macs + 2048 * 1000, weights: weights + 2048 * 1000, channels };
}

/** MobileNetV2 1.0 at 224, table 2 of its paper: expansion, channels, repeats, stride. */
function mobilenetv2(): { macs: number; weights: number; channels: number } {
  // prettier-ignore
  const table: [number, number, number, number][] = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]];
  let macs = convMacs(112, 32, 3, 3);
  let weights = 32 * 27;
  let channels = 32;
  let inputs = 32;
  let side = 112;
  for (const [expansion, outputs, repeats, stride] of table) {
    for (let block = 0; block < repeats; block++) {
      const outSide = block === 0 ? side / stride : side;
      const hidden = inputs * expansion;
      if (expansion > 1) {
        macs += convMacs(side, hidden, inputs, 1);
        weights += hidden * inputs;
        channels += hidden;
      }
      macs += convMacs(outSide, hidden, 1, 3) + convMacs(outSide, outputs, hidden, 1);
      weights += hidden * 9 + outputs * hidden;
      channels += hidden + outputs;
      side = outSide;
      inputs = outputs;
    }
  }
  macs += convMacs(7, 1280, 320, 1) + 1280 * 1000;
  return { macs, weights: weights + 1280 * 320 + 1280 * 1000, channels: channels + 1280 };
}

/** SqueezeNet 1.1: squeeze, expand per fire module and the side of its maps. */
function squeezenet11(): { macs: number; params: number } {
  // prettier-ignore
  const fires: [number, number, number, number][] = [[64, 16, 64, 55], [128, 16, 64, 55], [128, 32, 128, 27], [256, 32, 128, 27], [256, 48, 192, 13], [384, 48, 192, 13], [384, 64, 256, 13], [512, 64, 256, 13]];
  let macs = convMacs(111, 64, 3, 3) + convMacs(13, 1000, 512, 1);
  let params = 64 * 28 + 1000 * 513;
  for (const [inputs, squeeze, expand, side] of fires) {
    macs +=
      convMacs(side, squeeze, inputs, 1) + convMacs(side, expand, squeeze, 1) + convMacs(side, expand, squeeze, 3);
    params += squeeze * (inputs + 1) + expand * (squeeze + 1) + expand * (9 * squeeze + 1);
  }
  return { macs, params };
}

describe('counting', () => {
  test('a small classifier by hand', () => {
    const graph = tinyClassifier();
    expect(countMacs(graph)).toBe(8 * 8 * 4 * 3 * 9 + 4 * 5);
    // conv 108, gamma and beta 8, gemm 20 + 5; mean and variance are statistics.
    expect(countParams(graph)).toEqual({ params: 141, nonZeroParams: 141 });
    expect(countParams(simplify(graph)).params).toBe(108 + 4 + 25);
  });

  test('groups, dilation, matrix products, and a fixed batch count for one image', () => {
    const conv = (group: number, weight: number[]): Graph =>
      makeGraph({
        inputs: [makeValue('x', 'float32', [4, 6, 10, 10])],
        outputs: [makeValue('y', 'float32', [])],
        nodes: [makeNode('Conv', ['x', 'w'], ['y'], { group: attr.int(group), strides: attr.ints([2, 2]) })],
        initializers: { w: noiseTensor(weight) },
      });
    expect(countMacs(conv(1, [8, 6, 3, 3]))).toBe(4 * 4 * 8 * 6 * 9);
    expect(countMacs(conv(6, [6, 1, 3, 3]))).toBe(4 * 4 * 6 * 9);
    expect(countMacs(conv(2, [8, 3, 1, 1]))).toBe(5 * 5 * 8 * 3);
    const product = makeGraph({
      inputs: [makeValue('x', 'float32', ['n', 7, 5])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
      initializers: { w: noiseTensor([5, 3]) },
    });
    expect(countMacs(product)).toBe(7 * 5 * 3);
  });

  test('zeros, quantized weights and weights decoded in the graph count as the weights they stand for', () => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', ['n', 3, 8, 8])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [
        makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['w1']),
        makeNode('Conv', ['x', 'w1', 'b'], ['c']),
        makeNode('Gather', ['table', 'indices'], ['w2']),
        makeNode('Conv', ['c', 'w2'], ['d']),
        makeNode('Clip', ['d', 'low', 'high'], ['e']),
        makeNode('Mul', ['e', 'half'], ['f']),
        makeNode('Reshape', ['f', 'shape'], ['y']),
      ],
      initializers: {
        q: uint8Tensor([2, 3, 1, 1], [128, 1, 2, 3, 128, 4]),
        scale: float32Tensor([], [0.1]),
        zero: uint8Tensor([], [128]),
        b: float32Tensor([2], [0, 1]),
        table: noiseTensor([2]),
        indices: int64Tensor([4, 2, 1, 1], [0, 1, 0, 1, 0, 1, 0, 1]),
        low: float32Tensor([], [0]),
        high: float32Tensor([], [6]),
        half: float32Tensor([], [0.5]),
        shape: int64Tensor([2], [0, -1]),
      },
    });
    expect(countParams(graph)).toEqual({ params: 6 + 2 + 8, nonZeroParams: 4 + 1 + 8 });
    expect(countMacs(graph)).toBe(64 * 6 + 64 * 8);
    graph.metadata = { 'whittle.params': '99', 'whittle.nonZeroParams': '42' };
    expect(countParams(graph)).toEqual({ params: 99, nonZeroParams: 42 });
    graph.metadata = { 'whittle.params': 'many' };
    expect(countParams(graph).params).toBe(16);
  });

  test('integer convolutions', () => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'uint8', ['n', 4, 8, 8])],
      outputs: [makeValue('y', 'int32', [])],
      nodes: [
        makeNode('QLinearConv', ['x', 's', 'z', 'w', 's', 'zw', 's', 'z', 'b'], ['c']),
        makeNode('ConvInteger', ['c', 'w2'], ['y']),
      ],
      initializers: {
        s: float32Tensor([], [1]),
        z: uint8Tensor([], [0]),
        zw: int8Tensor([], [0]),
        w: int8Tensor([2, 4, 1, 1], [1, 0, 1, 1, 1, 1, 1, 1]),
        b: { type: 'int32', shape: [2], data: Int32Array.of(1, 2) },
        w2: int8Tensor([3, 2, 3, 3], new Array<number>(54).fill(1)),
      },
    });
    expect(countMacs(graph)).toBe(64 * 8 + 36 * 54);
    expect(countParams(graph)).toEqual({ params: 8 + 2 + 54, nonZeroParams: 7 + 2 + 54 });
  });

  test('layers add up to the whole', () => {
    const { layers, macs, params, operators } = inspectGraph(tinyClassifier());
    expect(layers.map(({ name, params, macs }) => [name, params, macs]).filter(([, p, m]) => p || m)).toEqual([
      ['conv', 108, 6912],
      ['norm', 8, 0],
      ['logits', 25, 20],
    ]);
    expect(layers.find((layer) => layer.name === 'active')?.outputShape).toEqual([1, 4, 8, 8]);
    expect([macs, params]).toEqual([6932, 141]);
    expect(operators).toMatchObject({ Conv: 1, Gemm: 1, Relu: 1 });
  });
});

describe.skipIf(!hasZoo)(`the networks${needsZoo}`, () => {
  test('ResNet-50', async () => {
    const graph = await loadModel(zooPath('resnet50'));
    const { macs, weights, channels } = resnet50();
    expect(countMacs(graph)).toBe(macs);
    expect(macs / 1e9).toBeCloseTo(4.09, 2);
    // 25,557,032: what torchvision states.
    expect(weights + 2 * channels + 1000).toBe(25_557_032);
    expect(countParams(graph).params).toBe(25_557_032);
    expect(countMacs(simplify(graph))).toBe(macs);
  });

  test('MobileNetV2', async () => {
    const graph = await loadModel(zooPath('mobilenetv2'));
    const { macs, weights, channels } = mobilenetv2();
    expect(countMacs(graph)).toBe(macs);
    expect(macs / 1e6).toBeCloseTo(300.8, 0);
    // Batch norms are folded: one bias per channel.
    expect(countParams(graph).params).toBe(weights + channels + 1000);
  });

  test('SqueezeNet 1.1', async () => {
    const graph = await loadModel(zooPath('squeezenet1.1'));
    const { macs, params } = squeezenet11();
    expect(countMacs(graph)).toBe(macs);
    expect(countParams(graph).params).toBe(params);
    expect(params).toBe(1_235_496);
    expect(inspectGraph(graph).layers.reduce((sum, layer) => sum + layer.params, 0)).toBe(params);
  });
});
