import { describe, expect, test } from 'vitest';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { countParams } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeValue } from '../../../src/main/engine/onnx/make';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  mixedNetwork,
  NetworkBuilder,
  optimizedOperators,
  relativeError,
  runGraph,
} from './small-networks';

const apply = (graph: Graph, id: string, params: unknown = {}, context = contextFor(cardFor(graph))): Promise<Graph> =>
  applyStep(graph, id, params, context);
/** A step's result as the next step gets it: through a file. */
const reload = (graph: Graph): Graph => parseModel(encodeModel(graph), 'test');
const bytesOf = (graph: Graph): number => encodeModel(graph).length;

/** Wide enough that weights, not node names, make the file. */
function wideNetwork(seed = 2): Graph {
  const net = new NetworkBuilder(seed);
  const stem = net.node(
    'Relu',
    [net.batchNorm(net.conv('input', 'stem', 3, 64, 3, { bias: false }), 'bn', 64)],
    'stem.relu',
  );
  const body = net.node('Relu', [net.conv(stem, 'body', 64, 96, 3)], 'body.relu');
  return net.head(net.node('Relu', [net.conv(body, 'tail', 96, 128, 1)], 'tail.relu'), 128, 10);
}

/** Conv and Gemm weights only: what pruning counts. */
async function layerWeights(graph: Graph): Promise<{ zeros: number; total: number; byLayer: Map<string, number> }> {
  const byLayer = new Map<string, number>();
  let [zeros, total] = [0, 0];
  const plain = await decodeWeights(graph);
  for (const node of plain.nodes) {
    if (node.op !== 'Conv' && node.op !== 'Gemm') continue;
    const data = plain.initializers.get(node.inputs[1]!)!.data as Float32Array;
    const count = data.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);
    byLayer.set(node.name, count / data.length);
    zeros += count;
    total += data.length;
  }
  return { zeros, total, byLayer };
}

describe('fp16', () => {
  test('halves the file, computes in float32 and is folded when the model loads', async () => {
    const network = wideNetwork();
    const before = fingerprintOf(network);
    const result = await apply(network, 'fp16');
    expect(fingerprintOf(network)).toBe(before);
    expect(bytesOf(result) / bytesOf(network)).toBeLessThan(0.52);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(1e-3);
    const operators = await optimizedOperators(result);
    expect(operators['Cast']).toBeUndefined();
    expect([...result.initializers.values()].some((tensor) => tensor.type === 'float16')).toBe(true);
    expect(result.metadata).toMatchObject({
      'whittle.recipe': 'fp16',
      'whittle.params': String(countParams(network).params),
    });
  });

  test('weights out of range become the largest half and are reported', async () => {
    const network = wideNetwork();
    const weight = network.initializers.get('tail.weight')!;
    const data = (weight.data as Float32Array).slice();
    data.set([1e6, -7e4, 65519], 0);
    network.initializers.set('tail.weight', float32Tensor(weight.shape, data));
    const context = contextFor(cardFor(network));
    const result = await decodeWeights(await apply(network, 'fp16', {}, context));
    expect([...(result.initializers.get('tail.weight')!.data as Float32Array).slice(0, 3)]).toEqual([
      65504, -65504, 65504,
    ]);
    expect(context.notes).toEqual(['2 weights beyond the range of half precision became ±65504.']);
  });
});

describe('prune.magnitude', () => {
  const network = wideNetwork();

  test.each([0, 0.3, 0.5, 0.9])('zeroes exactly the asked fraction %f of all weights', async (amount) => {
    const before = fingerprintOf(network);
    const result = await apply(network, 'prune.magnitude', { amount });
    const { zeros, total } = await layerWeights(result);
    expect(zeros).toBe(Math.round(amount * total));
    expect(fingerprintOf(network)).toBe(before);
    const { params } = countParams(network);
    expect(countParams(result)).toEqual({ params, nonZeroParams: params - zeros });
  });

  test('globally the layers differ, locally each has its share', async () => {
    const global = await layerWeights(await apply(network, 'prune.magnitude', { amount: 0.5 }));
    const local = await layerWeights(await apply(network, 'prune.magnitude', { amount: 0.5, scope: 'local' }));
    for (const share of local.byLayer.values()) expect(share).toBeCloseTo(0.5, 2);
    expect(Math.max(...global.byLayer.values()) - Math.min(...global.byLayer.values())).toBeGreaterThan(0.001);
  });

  test('stores half the weights in little more than half the bytes, folded when the model loads', async () => {
    const result = await apply(network, 'prune.magnitude');
    expect(bytesOf(result) / bytesOf(network)).toBeLessThan(0.56);
    const operators = await optimizedOperators(result);
    expect(Object.keys(operators).filter((op) => /BitShift|CumSum|Gather|Cast/.test(op))).toEqual([]);
    // The stored weights are the pruned ones: the same numbers in plain form give the same output, bit for bit.
    expect(await runGraph(result)).toEqual(await runGraph(await decodeWeights(result)));
  });

  test('twice: the second step counts the zeros of the first', async () => {
    const once = reload(await apply(network, 'prune.magnitude', { amount: 0.3 }));
    const twice = await apply(once, 'prune.magnitude', { amount: 0.6 });
    const { zeros, total } = await layerWeights(twice);
    expect(zeros).toBe(Math.round(0.6 * total));
    expect(twice.metadata['whittle.recipe']).toMatch(/^prune\.magnitude\{.+\} \| prune\.magnitude\{.+\}$/);
  });

  test('weights shared by two layers are pruned once', async () => {
    const net = new NetworkBuilder(3);
    const first = net.conv(net.conv('input', 'stem', 3, 8, 1), 'first', 8, 8, 3, { bias: false });
    const shared = net.head(net.node('Conv', [first, 'first.weight'], 'second'), 8, 10);
    const result = await decodeWeights(await apply(shared, 'prune.magnitude', { amount: 0.5, scope: 'local' }));
    const data = result.initializers.get('first.weight')!.data as Float32Array;
    expect(data.filter((value) => value === 0)).toHaveLength(288);
  });
});

describe('quantize.dynamic', () => {
  test('linear: the classifier runs on integers, convolutions stay', async () => {
    const network = wideNetwork();
    const before = fingerprintOf(network);
    const result = await apply(network, 'quantize.dynamic');
    expect(fingerprintOf(network)).toBe(before);
    const operators = await optimizedOperators(result);
    expect(operators['DynamicQuantizeMatMul']).toBe(1);
    expect(operators['Gemm']).toBeUndefined();
    expect(operators['ConvInteger']).toBeUndefined();
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.02);
  });

  test.each([0, 1])('all: convolutions too, in about a quarter of the bytes (transB %i)', async (transB) => {
    const net = new NetworkBuilder(6);
    const wide = net.conv(net.node('Relu', [net.conv('input', 'stem', 3, 64, 3)], 'r'), 'grouped', 64, 128, 3, {
      group: 2,
      pads: [0, 1, 2, 1],
    });
    const network = net.head(net.conv(wide, 'tail', 128, 256, 1, { bias: false }), 256, 10, transB);
    const context = contextFor(cardFor(network));
    const result = await apply(network, 'quantize.dynamic', { scope: 'all' }, context);
    expect(await optimizedOperators(result)).toMatchObject({ ConvInteger: 3, DynamicQuantizeMatMul: 1 });
    expect(bytesOf(result) / bytesOf(network)).toBeLessThan(0.28);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.03);
    expect(context.notes[0]).toContain('usually make it slower');
  });

  test('layers with one input share its measurement; shared weights are stored once', async () => {
    const network = mixedNetwork();
    const result = await apply(network, 'quantize.dynamic', { scope: 'all' });
    const layers = result.nodes.filter((node) => /Integer$/.test(node.op)).length;
    expect(layers).toBe(8);
    expect(result.nodes.filter((node) => node.op === 'DynamicQuantizeLinear')).toHaveLength(layers - 1);
  });

  test('a network without fully connected layers stays as it is, with a note', async () => {
    const net = new NetworkBuilder(1);
    net.node('GlobalAveragePool', [net.conv('input', 'c', 3, 10, 1)], 'logits');
    net.graph.outputs = [makeValue('logits', 'float32', ['batch', 10, 1, 1])];
    const context = contextFor(cardFor(net.graph));
    const result = await apply(net.graph, 'quantize.dynamic', {}, context);
    expect(result.nodes).toEqual(net.graph.nodes);
    expect(context.notes[0]).toContain('nothing was quantized');
  });
});

describe('chains', () => {
  const network = wideNetwork();
  const pruned = async (): Promise<Graph> => reload(await apply(network, 'prune.magnitude', { amount: 0.5 }));

  test('prune | quantize.static: sparse int8 weights fuse to the same integer kernels and give the same outputs as dense ones', async () => {
    const source = await pruned();
    const sparse = await apply(source, 'quantize.static');
    const dense = await decodeWeights(sparse);
    expect(sparse.nodes.some((node) => node.op === 'CumSum')).toBe(true);
    expect(dense.nodes.some((node) => node.op === 'CumSum')).toBe(false);
    const operators = await optimizedOperators(sparse);
    expect(operators).toEqual(await optimizedOperators(dense));
    expect(operators).toMatchObject({ QLinearConv: 3, QGemm: 1, QuantizeLinear: 1, DequantizeLinear: 1 });
    expect(await runGraph(sparse)).toEqual(await runGraph(dense));
    expect(bytesOf(sparse) / bytesOf(await apply(network, 'quantize.static'))).toBeLessThan(0.8);
    expect(relativeError(await runGraph(sparse), await runGraph(source))).toBeLessThan(0.05);
  });

  test('prune | quantize.static: zero weights stay zero', async () => {
    const dense = await decodeWeights(await apply(await pruned(), 'quantize.static'));
    const floats = await decodeWeights(await pruned());
    const producer = (name: string) => dense.nodes.find((node) => node.outputs.includes(name))!;
    const layers = floats.nodes.filter((node) => node.op === 'Conv' || node.op === 'Gemm');
    expect(layers).toHaveLength(4);
    for (const layer of layers) {
      const weight = floats.initializers.get(layer.inputs[1]!)!.data as Float32Array;
      const quantized = dense.nodes.find((node) => node.name === layer.name)!;
      const integers = dense.initializers.get(producer(quantized.inputs[1]!).inputs[0]!)!.data as Int8Array;
      expect(weight.filter((value, index) => value === 0 && integers[index] !== 0)).toHaveLength(0);
      expect(integers.filter((value) => value === 0).length).toBeGreaterThan(0.4 * integers.length);
    }
  });

  test('prune | quantize.dynamic', async () => {
    const result = await apply(await pruned(), 'quantize.dynamic', { scope: 'all' });
    expect(bytesOf(result) / bytesOf(network)).toBeLessThan(0.2);
    expect(await optimizedOperators(result)).toMatchObject({ ConvInteger: 3, DynamicQuantizeMatMul: 1 });
    expect(relativeError(await runGraph(result), await runGraph(await pruned()))).toBeLessThan(0.03);
  });

  test('prune | fp16 stores sparse halves', async () => {
    const result = await apply(await pruned(), 'fp16');
    expect(bytesOf(result) / bytesOf(network)).toBeLessThan(0.31);
    expect(relativeError(await runGraph(result), await runGraph(await pruned()))).toBeLessThan(1e-3);
    expect(result.metadata['whittle.recipe']).toMatch(/^prune\.magnitude\{amount:0\.5, scope:global, .+\} \| fp16$/);
    expect(result.metadata['whittle.nonZeroParams']).toBe((await pruned()).metadata['whittle.nonZeroParams']);
  });
});
