import { describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  optimizedOperators,
  relativeError,
  runGraph,
} from './small-networks';

const quantize = (graph: Graph, params: unknown = {}, context = contextFor(cardFor(graph))): Promise<Graph> =>
  applyStep(graph, 'quantize.static', params, context);

/** Operators that compute in float32; none may stay between the first QuantizeLinear and the last DequantizeLinear. */
const floatOperators =
  /^(Conv|FusedConv|Gemm|MatMul|Add|Relu|Clip|BatchNormalization|MaxPool|Concat|GlobalAveragePool|Mul)$/;
const floatOperatorsIn = (operators: Record<string, number>): string[] =>
  Object.keys(operators).filter((op) => floatOperators.test(op));

/** One 1x1 convolution, so that every number of the result can be computed by hand. */
function singleConvolution(weights: number[], bias: number[], withRelu = false): Graph {
  const outputs = bias.length;
  const nodes = [makeNode('Conv', ['input', 'w', 'b'], [withRelu ? 'c' : 'logits'], {}, 'layer')];
  if (withRelu) nodes.push(makeNode('Relu', ['c'], ['logits']));
  return {
    name: 'one',
    producer: '',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [makeValue('input', 'float32', ['batch', 2, 1, 1])],
    outputs: [makeValue('logits', 'float32', ['batch', outputs, 1, 1])],
    nodes,
    initializers: new Map([
      ['w', float32Tensor([outputs, 2, 1, 1], weights)],
      ['b', float32Tensor([outputs], bias)],
    ]),
    metadata: {},
  };
}

describe('numbers by hand', () => {
  // Inputs from 0 to 2.55: scale 0.01. Weights 1.27 -> 0.01 and 0.254 -> 0.002 a step.
  const calibration = Float32Array.of(0, 2.55, 1, 0.5);
  const network = singleConvolution([1.27, -0.5, 0.254, 0.1], [0.25, -0.03]);
  const context = () => contextFor(cardFor(network), calibration, [2, 1, 1]);
  const byOp = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op);
  const numbers = (graph: Graph, name: string): number[] =>
    Array.from(graph.initializers.get(name)!.data as Float32Array);

  test('per channel', async () => {
    const result = await quantize(network, {}, context());
    const conv = byOp(result, 'Conv')[0]!;
    const producer = (name: string) => result.nodes.find((node) => node.outputs.includes(name))!;
    const [input, weight, bias] = conv.inputs.map(producer);
    expect(conv.name).toBe('layer');
    expect(numbers(result, input!.inputs[1]!)[0]).toBeCloseTo(0.01, 8);
    expect(numbers(result, input!.inputs[2]!)).toEqual([0]);
    expect(numbers(result, weight!.inputs[0]!)).toEqual([127, -50, 127, 50]);
    expect(weight!.attributes['axis']).toEqual(attr.int(0));
    expect(numbers(result, weight!.inputs[1]!)[0]).toBeCloseTo(0.01, 8);
    expect(numbers(result, weight!.inputs[1]!)[1]).toBeCloseTo(0.002, 8);
    // 0.25 / (0.01 * 0.01) and -0.03 / (0.01 * 0.002)
    expect(numbers(result, bias!.inputs[0]!)).toEqual([2500, -1500]);
    // Output: channel 0 from 0.25 - 0.5 * 2.55 = -1.025 to 1.27 + 0.25 - 0.25 = 1.27 over both images.
    const output = byOp(result, 'DequantizeLinear').at(-1)!;
    expect(output.outputs).toEqual(['logits']);
    expect(numbers(result, output.inputs[1]!)[0]).toBeCloseTo((1.27 + 1.025) / 255, 6);
    expect(numbers(result, output.inputs[2]!)).toEqual([Math.round((1.025 / (1.27 + 1.025)) * 255)]);
  });

  test('one scale for all channels', async () => {
    const result = await quantize(network, { weights: 'tensor' }, context());
    const integers = [...result.initializers.values()].find((tensor) => tensor.type === 'int8')!;
    expect([...(integers.data as Int8Array)]).toEqual([127, -50, 25, 10]);
    const bias = [...result.initializers.values()].find((tensor) => tensor.type === 'int32')!;
    expect([...(bias.data as Int32Array)]).toEqual([2500, -300]);
  });

  test('a ReLU becomes part of the output range', async () => {
    const result = await quantize(singleConvolution([1.27, -0.5, 0.254, 0.1], [0.25, -0.03], true), {}, context());
    const output = byOp(result, 'QuantizeLinear').at(-1)!;
    expect(numbers(result, output.inputs[1]!)[0]).toBeCloseTo(1.27 / 255, 7);
    expect(numbers(result, output.inputs[2]!)).toEqual([0]);
    expect(floatOperatorsIn(await optimizedOperators(result))).toEqual([]);
  });

  test('biases too large for the scales do not overflow', async () => {
    const result = await quantize(singleConvolution([1e-9, 1e-9, 0, 0], [3, -2]), {}, context());
    const output = await runGraph(result, Float32Array.of(1, 1), [2, 1, 1]);
    expect(output[0]).toBeCloseTo(3, 1);
    expect(output[1]).toBeCloseTo(-2, 1);
  });
});

describe('a network of all the usual parts', () => {
  const network = mixedNetwork();

  test.each(['channel', 'tensor'])('computes in integers from end to end (%s)', async (weights) => {
    const result = await quantize(network, { weights });
    const operators = await optimizedOperators(result);
    expect(floatOperatorsIn(operators)).toEqual([]);
    expect(operators).toMatchObject({
      QuantizeLinear: 1,
      DequantizeLinear: 1,
      QLinearConv: 7,
      QLinearAdd: 2,
      QLinearConcat: 1,
      QGemm: 1,
    });
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(
      weights === 'channel' ? 0.05 : 0.12,
    );
  });

  test('leaves its input alone, is deterministic, reports progress and what it did', async () => {
    const before = fingerprintOf(network);
    const context = contextFor(cardFor(network));
    const result = await quantize(network, {}, context);
    expect(fingerprintOf(network)).toBe(before);
    expect(fingerprintOf(await quantize(network))).toBe(fingerprintOf(result));
    expect(context.steps.at(-1)).toEqual(['calibrating', 16, 16]);
    expect(result.metadata['whittle.recipe']).toBe('quantize.static{weights:channel, calibration:min-max}');
    expect(result.inputs).toEqual(network.inputs);
    expect(result.outputs).toEqual(network.outputs);
  });

  test('a model with a fixed batch, which the images do not fill, gives the same numbers', async () => {
    const fixed = mixedNetwork();
    fixed.inputs[0]!.shape[0] = 5;
    const result = await quantize(fixed);
    const flexible = await quantize(network);
    expect([...result.initializers.values()]).toEqual([...flexible.initializers.values()]);
  });
});

describe('other shapes of graphs', () => {
  test('weights shared by two layers are stored once', async () => {
    const net = new NetworkBuilder(3);
    const stem = net.node('Relu', [net.conv('input', 'stem', 3, 8, 1)], 'stem.relu');
    const first = net.conv(stem, 'first', 8, 8, 3, { bias: false });
    const second = net.node('Conv', [first, 'first.weight'], 'second', { pads: attr.ints([1, 1, 1, 1]) });
    const network = net.head(second, 8, 10, 0);
    const result = await quantize(network);
    expect(
      [...result.initializers.values()].filter((tensor) => tensor.type === 'int8' && tensor.shape.length === 4),
    ).toHaveLength(2);
    expect(floatOperatorsIn(await optimizedOperators(result))).toEqual([]);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.05);
  });

  test('a value read by integer and float operators, and operators without an integer form', async () => {
    const net = new NetworkBuilder(4);
    const stem = net.conv('input', 'stem', 3, 8, 3);
    const gate = net.node('Softplus', [stem], 'gate');
    const product = net.node('Mul', [stem, gate], 'product');
    const branch = net.node('Relu', [stem], 'branch');
    const network = net.head(net.conv(net.node('Add', [product, branch], 'sum'), 'mix', 8, 8, 1), 8, 10);
    const result = await quantize(network);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.05);
    expect((await optimizedOperators(result))['Conv']).toBeUndefined();
  });

  test('MatMul with a constant matrix, a scaled bias and a network whose output is also read inside', async () => {
    const net = new NetworkBuilder(5);
    const flat = net.node('Flatten', ['input'], 'flat');
    const hidden = net.node(
      'Relu',
      [net.node('MatMul', [flat, net.constant('m', net.weights([432, 20]))], 'hidden')],
      'hidden.relu',
    );
    net.node(
      'Gemm',
      [hidden, net.constant('w', net.weights([20, 10])), net.constant('b', net.weights([10]))],
      'logits',
      { beta: attr.float(0.5) },
    );
    net.graph.outputs = [makeValue('logits', 'float32', ['batch', 10])];
    const result = await quantize(net.graph);
    expect(floatOperatorsIn(await optimizedOperators(result))).toEqual([]);
    expect(relativeError(await runGraph(result), await runGraph(net.graph))).toBeLessThan(0.05);
  });
});

describe('failures', () => {
  const network = mixedNetwork();
  const failure = async (work: Promise<unknown>): Promise<AppError> =>
    work.then(
      () => expect.fail('nothing was thrown'),
      (thrown: AppError) => thrown,
    );

  test('without calibration images', async () => {
    const error = await failure(quantize(network, {}, contextFor(cardFor(network), new Float32Array(0))));
    expect(error.message).toBe('quantize.static failed: it needs calibration images, and the dataset gives none.');
  });

  test('on values that are not finite', async () => {
    const data = images(4).fill(NaN, 0, 10);
    expect((await failure(quantize(network, {}, contextFor(cardFor(network), data)))).message).toContain(
      'not a finite number',
    );
  });

  test('when cancelled between batches', async () => {
    const controller = new AbortController();
    const context = contextFor(cardFor(network), images(16), undefined, controller.signal);
    context.progress = () => controller.abort();
    expect((await failure(quantize(network, {}, context))).code).toBe('cancelled');
  });

  test('on a network without layers', async () => {
    const net = new NetworkBuilder(1);
    net.node('Flatten', ['input'], 'logits');
    net.graph.outputs = [makeValue('logits', 'float32', ['batch', 432])];
    expect((await failure(quantize(net.graph))).code).toBe('technique.not-applicable');
  });
});
