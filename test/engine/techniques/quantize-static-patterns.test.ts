import { expect, test } from 'vitest';
import { levelChannels } from '../../../src/main/engine/compression/quantization/level-channels';
import { planQdq } from '../../../src/main/engine/compression/quantization/qdq-plan';
import { integerForms } from '../../../src/main/engine/compression/quantization/integer-forms';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int64Tensor } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  cardFor,
  contextFor,
  images,
  NetworkBuilder,
  optimizedOperators,
  relativeError,
  runGraph,
} from './small-networks';

const quantize = (graph: Graph, params: unknown = {}): Promise<Graph> =>
  applyStep(graph, 'quantize.static', params, contextFor(cardFor(graph), images(32)));

/** Two members, one a hundred times as wide as the other, joined and then normed and read. */
function joinedBeforeNorm({ isReadByConvolution = false } = {}): Graph {
  const net = new NetworkBuilder(5);
  const [wide, narrow] = ['wide', 'narrow'].map((name) => net.conv('input', name, 3, 8, 3));
  const scaled = (name: string, factor: number): void => {
    const { shape, data } = net.graph.initializers.get(name)!;
    net.constant(
      name,
      float32Tensor(
        shape,
        (data as Float32Array).map((value) => value * factor),
      ),
    );
  };
  for (const part of ['weight', 'bias']) scaled(`narrow.${part}`, 0.01);
  const joined = net.node('Concat', [wide!, narrow!], 'joined', { axis: attr.int(1) });
  const spread = (inWide: number, inNarrow: number): Float32Array =>
    Float32Array.from({ length: 16 }, (_, channel) => (channel < 8 ? inWide : inNarrow));
  const norm = [spread(1, 1), spread(0.1, 0.1), spread(0, 0), spread(1, 1e-4)].map((values, at) =>
    net.constant(`norm.${at}`, float32Tensor([16], values)),
  );
  const normed = net.node('Relu', [net.node('BatchNormalization', [joined, ...norm], 'normed')], 'active');
  const mixed = net.conv(normed, 'mix', 16, 16, 1);
  return net.head(
    isReadByConvolution ? net.node('Add', [mixed, net.conv(joined, 'beside', 16, 16, 1)], 'sum') : mixed,
    16,
    10,
  );
}

test.each(['ort', 'tflite'])(
  'members of a concatenation in front of a batch norm keep their own resolution (%s)',
  async (profile) => {
    const network = joinedBeforeNorm();
    const result = await quantize(network, { profile });
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.03);
  },
);

test('levelled channels leave the answers, and narrow ones reach a third of the widest', async () => {
  const float = integerForms(joinedBeforeNorm());
  const context = contextFor(cardFor(float), images(32));
  const result = await levelChannels(float, planQdq(float), context, 'quantize.static');
  expect(relativeError(await runGraph(result), await runGraph(float))).toBeLessThan(1e-5);
  const joined = { ...result, outputs: [{ name: 'joined', type: 'float32' as const, shape: [] }] };
  const values = await runGraph(joined, images(32));
  const area = 12 * 12;
  const peaks = Array.from({ length: 16 }, (_, channel) => {
    let peak = 0;
    for (let image = 0; image < 32; image++)
      for (let at = 0; at < area; at++) peak = Math.max(peak, Math.abs(values[(image * 16 + channel) * area + at]!));
    return peak;
  });
  const top = Math.max(...peaks);
  for (const peak of peaks) expect(peak / top).toBeGreaterThan(1 / 3 - 1e-4);
  for (const peak of peaks.slice(8)) expect(peak / top).toBeCloseTo(1 / 3, 4);
});

test('channels that a whole convolution reads as well stay as they are', async () => {
  const float = integerForms(joinedBeforeNorm({ isReadByConvolution: true }));
  const context = contextFor(cardFor(float), images(4));
  expect(await levelChannels(float, planQdq(float), context, 'quantize.static')).toBe(float);
});

test('channels beside one that a whole convolution reads stay as they are, whatever others have', async () => {
  const net = new NetworkBuilder(8);
  const parts = ['wide', 'other', 'narrow', 'bound'].map((name) => net.conv('input', name, 3, 8, 3));
  for (const [name, { shape, data }] of [...net.graph.initializers])
    if (/^(narrow|bound)/.test(name))
      net.constant(
        name,
        float32Tensor(
          shape,
          (data as Float32Array).map((value) => value * 0.01),
        ),
      );
  const norms = [parts.slice(0, 2), parts.slice(2)].map((members, at) => {
    const joined = net.node('Concat', members, `joined.${at}`, { axis: attr.int(1) });
    const constants = [1, 0.1, 0, at === 0 ? 1 : 1e-4].map((value, input) =>
      net.constant(`norm.${at}.${input}`, float32Tensor([16], new Float32Array(16).fill(value))),
    );
    const normed = net.node('BatchNormalization', [joined, ...constants], `normed.${at}`);
    return net.conv(net.node('Relu', [normed], `active.${at}`), `mix.${at}`, 16, 16, 1);
  });
  const beside = net.conv(parts[3]!, 'beside', 8, 16, 1);
  const network = net.head(net.node('Add', [net.node('Add', norms, 'both'), beside], 'sum'), 16, 10);
  const float = integerForms(network);
  const context = contextFor(cardFor(float), images(32));
  const result = await levelChannels(float, planQdq(float), context, 'quantize.static');
  expect(result).not.toBe(float);
  const weights = ['narrow.weight', 'bound.weight'];
  expect(weights.map((name) => result.initializers.get(name))).toEqual(
    weights.map((name) => float.initializers.get(name)),
  );
});

test('a matrix product that only float operators read gives floats', async () => {
  const net = new NetworkBuilder(6);
  const flat = net.node(
    'Reshape',
    [net.conv('input', 'conv', 3, 8, 3), net.constant('shape', int64Tensor([3], [-1, 8, 144]))],
    'flat',
  );
  const tokens = net.node('Transpose', [flat], 'tokens', { perm: attr.ints([0, 2, 1]) });
  const product = net.node('MatMul', [tokens, net.constant('w', net.weights([8, 10]))], 'product');
  const biased = net.node('Add', [product, net.constant('b', net.weights([10]))], 'biased');
  const normed = net.node(
    'LayerNormalization',
    [biased, ...['g', 'h'].map((name) => net.constant(name, net.weights([10])))],
    'normed',
    { axis: attr.int(-1) },
  );
  net.node('ReduceMean', [normed], 'logits', { axes: attr.ints([1]), keepdims: attr.int(0) });
  net.graph.outputs = [{ name: 'logits', type: 'float32', shape: ['batch', 10] }];
  const result = await quantize(net.graph);
  const operators = await optimizedOperators(result);
  expect(operators).toMatchObject({ MatMulIntegerToFloat: 1, QLinearConv: 1 });
  expect(operators).not.toHaveProperty('QLinearMatMul');
  expect(relativeError(await runGraph(result), await runGraph(net.graph))).toBeLessThan(0.05);
});
