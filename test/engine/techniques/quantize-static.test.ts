import { describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { rangeMethods } from '../../../src/main/engine/compression/calibration/activation-range';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { encodeModel } from '../../../src/main/engine/onnx/save';
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

/** The same network with ordinary weights in its layer on a grid. */
function mixedWeights(graph: Graph): Graph {
  const weights = new NetworkBuilder(9).weights([64, 64, 1, 1]);
  return { ...graph, initializers: new Map([...graph.initializers, ['grid', weights]]) };
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
    const result = await quantize(network, { weightRange: 'min-max' }, context());
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
    const result = await quantize(network, { weights: 'tensor', weightRange: 'min-max' }, context());
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
    expect(result.metadata['whittle.recipe']).toMatch(/^quantize\.static\{weights:channel, calibration:/);
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

describe('choices', () => {
  const network = mixedNetwork();
  const int8Tensors = (graph: Graph) => [...graph.initializers.values()].filter((tensor) => tensor.type === 'int8');
  const errorOf = async (result: Graph): Promise<number> =>
    relativeError(await runGraph(result), await runGraph(network));

  test.each(rangeMethods)('every range method makes a working network: %s', async (calibration) => {
    const result = await quantize(network, { calibration });
    expect(floatOperatorsIn(await optimizedOperators(result))).toEqual([]);
    expect(await errorOf(result)).toBeLessThan(0.1);
  });

  test.each(['channel', 'tensor'])('asymmetric weights run on integer kernels (%s)', async (weights) => {
    const result = await quantize(network, { weights, weightScheme: 'asymmetric' });
    expect(floatOperatorsIn(await optimizedOperators(result))).toEqual([]);
    expect(await errorOf(result)).toBeLessThan(0.12);
  });

  test('reduceRange keeps codes within 63 and cannot saturate, so it says nothing of it', async () => {
    const context = contextFor(cardFor(network));
    const reduced = await quantize(network, { reduceRange: true }, context);
    const codes = int8Tensors(reduced).flatMap((tensor) => Array.from(tensor.data as Int8Array, Math.abs));
    expect(Math.max(...codes)).toBe(63);
    expect(context.notes).toEqual([]);
    expect(await errorOf(reduced)).toBeLessThan(0.1);
  });

  test('full range next to bright inputs saturates on processors without VNNI, and the notes say so', async () => {
    const bright = singleConvolution([1, 0.99, 1, -1], [0, 0]);
    const context = contextFor(cardFor(bright), Float32Array.of(1, 1, 0.99, 1), [2, 1, 1]);
    await quantize(bright, {}, context);
    expect(context.notes).toEqual([
      'On processors without VNNI, sums of two products saturate in 1 of 1 layers (most in "layer": 50 %), so answers there may differ from those measured here; reduceRange avoids it.',
    ]);
  });

  test('layers stay in float by name, type and place', async () => {
    const counts = async (params: unknown) => optimizedOperators(await quantize(network, params));
    const all = await counts({});
    const layers = network.nodes.filter((node) => node.op === 'Conv').map((node) => node.name);
    expect(await counts({ exclude: [layers[1]!] })).toMatchObject({ QLinearConv: all['QLinearConv']! - 1 });
    expect(await counts({ keepFirst: true })).toMatchObject({ QLinearConv: all['QLinearConv']! - 1, QGemm: 1 });
    const last = await counts({ keepLast: true });
    expect(last).toMatchObject({ QLinearConv: all['QLinearConv'] });
    expect(last['QGemm']).toBeUndefined();
    expect((await counts({ excludeTypes: ['Gemm'] }))['QGemm']).toBeUndefined();
    expect((await counts({ excludeTypes: ['Add'] }))['QLinearAdd']).toBeUndefined();
    const kept = await quantize(network, { exclude: ['*'], excludeTypes: [] }).then(
      () => 'written',
      (thrown: AppError) => thrown.code,
    );
    expect(kept).toBe('technique.not-applicable');
  });

  test('a name that nothing has is an error that shows names', async () => {
    await expect(quantize(network, { exclude: ['nowhere*'] })).rejects.toThrow(
      /^quantize\.static: nothing in the network fits "nowhere\*" of "exclude" \(its layers are "/,
    );
  });

  test('operator form: standard integer operators, the same answers', async () => {
    const qdq = await quantize(network);
    const operators = await quantize(network, { format: 'qoperator' });
    const ops = operators.nodes.map((node) => node.op);
    expect(ops.filter((op) => op === 'QLinearConv')).toHaveLength(7);
    expect(ops).not.toContain('Conv');
    expect(operators.nodes.every((node) => node.domain === '')).toBe(true);
    expect(floatOperatorsIn(await optimizedOperators(operators))).toEqual([]);
    expect(relativeError(await runGraph(operators), await runGraph(qdq))).toBeLessThan(1e-6);
  });

  test('weights that an earlier step put on a grid keep it exactly, in as few bits', async () => {
    const net = new NetworkBuilder(8);
    const steps = net.weights([64], 0.1).data as Float32Array;
    const coarse = (net.weights([64, 64, 1, 1]).data as Float32Array).map((value, index) =>
      Math.fround(Math.round(value * 14) * steps[index >> 6]!),
    );
    const wide = net.node('Relu', [net.conv('input', 'stem', 3, 64, 1)], 'stem.relu');
    net.constant('grid', float32Tensor([64, 64, 1, 1], coarse));
    const graph = net.head(net.node('Conv', [wide, 'grid'], 'layer'), 64, 10);
    const result = await quantize(graph);
    expect(result.nodes.some((node) => node.op === 'BitShift')).toBe(true);
    const decoded = await decodeWeights(result);
    const layer = decoded.nodes.find((node) => node.name === 'layer')!;
    const producer = decoded.nodes.find((node) => node.outputs.includes(layer.inputs[1]!))!;
    const [codes, scales] = producer.inputs.map((name) => decoded.initializers.get(name)!.data);
    coarse.forEach((value, index) => {
      expect(Math.abs(Number(codes![index]) * Number(scales![index >> 6]) - value)).toBeLessThan(1e-6);
    });
    expect(encodeModel(result).length).toBeLessThan(encodeModel(await quantize(mixedWeights(graph))).length - 1000);
    expect(floatOperatorsIn(await optimizedOperators(result))).toEqual([]);
  });

  test('range methods share one pass over the images', async () => {
    const stored = new Map<string, unknown>();
    const passes: string[] = [];
    const sharing = () => ({
      ...contextFor(cardFor(network)),
      cached: Object.assign(
        async <T>(key: unknown, compute: () => Promise<T>): Promise<T> => {
          const name = JSON.stringify(key);
          if (!stored.has(name)) {
            passes.push(name);
            stored.set(name, JSON.parse(JSON.stringify(await compute())));
          }
          return stored.get(name) as T;
        },
        { peek: () => Promise.resolve(undefined) },
      ),
    });
    const direct = await quantize(network, { calibration: 'mse' });
    for (const params of [{}, { calibration: 'entropy' }, { keepFirst: true }, { weights: 'tensor' }])
      await quantize(network, params, sharing());
    expect(fingerprintOf(await quantize(network, { calibration: 'mse' }, sharing()))).toBe(fingerprintOf(direct));
    expect(passes).toHaveLength(1);
    await quantize(mixedNetwork(2), {}, sharing());
    expect(passes).toHaveLength(2);
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
