import { expect, test } from 'vitest';
import { floatOperator } from '../../../src/main/engine/compression/quantization/integer-only';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import {
  attr,
  float32Tensor,
  int32Tensor,
  int8Tensor,
  makeNode,
  makeValue,
  uint8Tensor,
} from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { makeGraph } from '../../fixtures/graphs';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  optimizedOperators,
  runGraph,
} from './small-networks';

const pixel = [2, 1, 1];
/** Two images of one pixel: means 1 and 2. */
const calibration = Float32Array.of(0, 1, 2, 3);

function correct(graph: Graph, reference: Graph, data: Float32Array = calibration, shape = pixel): Promise<Graph> {
  const context = { ...contextFor(cardFor(graph), data, shape), reference: () => Promise.resolve(reference) };
  return applyStep(graph, 'correctBias', {}, context);
}

const input = makeValue('input', 'float32', ['batch', 2, 1, 1]);
const logits = makeValue('logits', 'float32', ['batch', 2, 1, 1]);
const biasOf = (graph: Graph, node: string, position = 2): number[] => {
  const name = graph.nodes.find((each) => each.name === node)!.inputs[position]!;
  return [...(graph.initializers.get(name)!.data as Float32Array)];
};

/** Relu(W x + b), then V y + c, both 1x1. */
const twoLayers = (weights: number[], next: number[]): Graph =>
  makeGraph({
    inputs: [input],
    outputs: [logits],
    nodes: [
      makeNode('Conv', ['input', 'w', 'b'], ['c'], {}, 'first'),
      makeNode('Relu', ['c'], ['r']),
      makeNode('Conv', ['r', 'v'], ['logits'], {}, 'second'),
    ],
    initializers: {
      w: float32Tensor([2, 2, 1, 1], weights),
      b: float32Tensor([2], [1, 1]),
      v: float32Tensor([2, 2, 1, 1], next),
    },
  });

test('by hand, layer after layer; a layer without bias gets one', async () => {
  const reference = twoLayers([1, 0, 0, 1], [1, 1, 1, 0]);
  const damaged = twoLayers([1.5, 0, 0, 0.5], [1, 1, 0, 0]);
  const before = fingerprintOf(damaged);
  const result = await correct(damaged, reference);
  // First: means 1*1+1 and 2+1 became 2.5 and 2, so the bias moves by -0.5 and +1.
  expect(biasOf(result, 'first')).toEqual([0.5, 2]);
  // Second, on the corrected first layer: means of the reference 2+3 and 2. With the first layer mended its input is
  // 0.5, 3.5 and 2.5, 3.5: means 2 and 3 again... exactly: (1.5*0+.5, 1.5*2+.5) = (.5, 3.5) and (.5*1+2, .5*3+2) = (2.5, 3.5).
  expect(biasOf(result, 'second')).toEqual([5 - (2 + 3), 2 - 0]);
  expect(fingerprintOf(damaged)).toBe(before);
});

test('integers: the step of a bias is input scale times weight scale', async () => {
  const nodes = (bias: string) => [
    makeNode('QuantizeLinear', ['input', 'sx', 'zx'], ['q']),
    makeNode('DequantizeLinear', ['q', 'sx', 'zx'], ['x']),
    makeNode('DequantizeLinear', ['codes', 'sw'], ['w'], { axis: attr.int(0) }),
    makeNode('Mul', ['sx', 'sw'], ['sb']),
    makeNode('DequantizeLinear', [bias, 'sb'], ['b'], { axis: attr.int(0) }),
    makeNode('Conv', ['x', 'w', 'b'], ['logits'], {}, 'layer'),
  ];
  const damaged = makeGraph({
    inputs: [input],
    outputs: [logits],
    nodes: nodes('steps'),
    initializers: {
      sx: float32Tensor([], [0.5]),
      zx: uint8Tensor([], [0]),
      codes: int8Tensor([2, 2, 1, 1], [2, 0, 0, 4]),
      sw: float32Tensor([2], [0.5, 0.25]),
      steps: int32Tensor([2], [4, 8]),
    },
  });
  const reference = makeGraph({
    inputs: [input],
    outputs: [logits],
    nodes: [makeNode('Conv', ['input', 'w', 'b'], ['logits'], {}, 'layer')],
    initializers: { w: float32Tensor([2, 2, 1, 1], [1, 0, 0, 1]), b: float32Tensor([2], [2, 0.25]) },
  });
  const result = await correct(damaged, reference);
  const layer = result.nodes.find((node) => node.name === 'layer')!;
  const stored = result.nodes.find((node) => node.outputs[0] === layer.inputs[2])!.inputs[0]!;
  // Scales 0.25 and 0.125: biases 1 and 1 should be 2 and 0.25, so +4 and -6 steps.
  expect([...(result.initializers.get(stored)!.data as Int32Array)]).toEqual([8, 2]);
});

test('a quantized network keeps its integer kernels and comes closer in the mean', async () => {
  const network = mixedNetwork();
  const data = images(64);
  const context = () => contextFor(cardFor(network), data);
  const integers = await applyStep(network, 'quantize.static', { weights: 'tensor' }, context());
  const corrected = await correct(integers, network, data, [3, 12, 12]);
  const [before, after] = [await optimizedOperators(integers), await optimizedOperators(corrected)];
  expect(after).toEqual(before);
  expect(floatOperator(corrected)?.op).toBe(floatOperator(integers)?.op);
  const reference = await runGraph(network, data);
  const drift = async (graph: Graph): Promise<number> => {
    const output = await runGraph(graph, data);
    const means = Array.from({ length: 10 }, (_, channel) => {
      let sum = 0;
      for (let index = channel; index < output.length; index += 10) sum += output[index]! - reference[index]!;
      return Math.abs(sum / (output.length / 10));
    });
    return means.reduce((sum, mean) => sum + mean, 0);
  };
  expect(await drift(corrected)).toBeLessThan(0.6 * (await drift(integers)));
});

test('layers without a counterpart are refused', async () => {
  const network = mixedNetwork();
  const other = { ...network, nodes: network.nodes.map((node) => ({ ...node, name: `x.${node.name}` })) };
  await expect(correct(network, other, images(4), [3, 12, 12])).rejects.toMatchObject({
    code: 'technique.not-applicable',
  });
});
