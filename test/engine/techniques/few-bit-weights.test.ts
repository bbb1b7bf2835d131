import { describe, expect, test } from 'vitest';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  networkWithWideLayer,
  optimizedOperators,
  relativeError,
  runGraph,
} from './small-networks';

const network = mixedNetwork(3);
const context = (): ReturnType<typeof contextFor> => contextFor(cardFor(network), images(24, 3));
const apply = (id: string, params: unknown = {}, graph = network): Promise<Graph> =>
  applyStep(graph, id, params, context());
const reload = (graph: Graph): Graph => parseModel(encodeModel(graph), 'test');
const errorOf = async (graph: Graph): Promise<number> => relativeError(await runGraph(graph), await runGraph(network));

/** Distinct weights per layer, or per output channel, by layer name. */
async function distinct(graph: Graph, per: 'layer' | 'channel'): Promise<Map<string, number>> {
  return new Map(
    weightLayers(await decodeWeights(graph)).map(({ node, weight, channelAxis }) => {
      const data = weight.data as Float32Array;
      const channels = per === 'layer' || channelAxis !== 0 ? 1 : weight.shape[0]!;
      const size = data.length / channels;
      const counts = Array.from(
        { length: channels },
        (_, row) => new Set(data.subarray(row * size, (row + 1) * size)).size,
      );
      return [node.name, Math.max(...counts)];
    }),
  );
}

describe('quantize.weights', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i bits: as many values per channel, decoded at load', async (bits) => {
    const before = fingerprintOf(network);
    const result = reload(await apply('quantize.weights', { bits, rounding: 'nearest' }));
    expect(fingerprintOf(network)).toBe(before);
    for (const count of (await distinct(result, 'channel')).values()) expect(count).toBeLessThanOrEqual(2 ** bits);
    const operators = await optimizedOperators(result);
    expect(operators).toEqual(await optimizedOperators(await decodeWeights(result)));
    expect(Object.keys(operators).filter((op) => /BitShift|Gather|Cast|Sub|Slice/.test(op))).toEqual([]);
    expect(await runGraph(result)).toEqual(await runGraph(await decodeWeights(result)));
  });

  test.each(['linear-symmetric', 'linear-signed', 'linear', 'kmeans', 'uniform-lut'])(
    '%s: second order beats nearest',
    async (scheme) => {
      const nearest = await errorOf(await apply('quantize.weights', { bits: 3, scheme, rounding: 'nearest' }));
      const secondOrder = await errorOf(await apply('quantize.weights', { bits: 3, scheme }));
      expect(secondOrder).toBeLessThan(0.8 * nearest);
    },
  );

  test('of more inputs than images can tell apart, each weight is rounded by itself, to values that fit the inputs', async () => {
    const graph = networkWithWideLayer();
    const context = contextFor(cardFor(graph), images(24, 3));
    const rounded = async (rounding: string): Promise<Graph> =>
      decodeWeights(await applyStep(graph, 'quantize.weights', { bits: 3, rounding, exclude: ['stem'] }, context));
    const [nearest, fitted] = [await rounded('nearest'), await rounded('second-order')];
    const float = await runGraph(graph);
    expect(relativeError(await runGraph(fitted), float)).toBeLessThan(
      0.9 * relativeError(await runGraph(nearest), float),
    );
    const [before, after] = [graph, fitted].map((of) => {
      const { weight } = weightLayers(of).at(-1)!;
      return Array.from({ length: 10 }, (_, row) => (weight.data as Float32Array).filter((_, at) => at % 10 === row));
    });
    let farther = 0;
    for (const [row, values] of after!.entries()) {
      const table = [...new Set(values)];
      for (const [column, value] of values.entries()) {
        const wanted = before![row]![column]!;
        const least = Math.min(...table.map((each) => Math.abs(each - wanted)));
        if (Math.abs(value - wanted) > least + 1e-6) farther++;
      }
    }
    // Values are fitted once more after the last rounding.
    expect(farther / weightLayers(graph).at(-1)!.weight.data.length).toBeLessThan(0.02);
  });

  test('second order at 8 bits stays close to the float network, and repeats', async () => {
    const result = await apply('quantize.weights', { bits: 8 });
    expect(await errorOf(result)).toBeLessThan(0.01);
    expect(fingerprintOf(await apply('quantize.weights', { bits: 8 }))).toBe(fingerprintOf(result));
  });

  test.each(['tensor', 'group'])('one table per %s', async (granularity) => {
    const result = await apply('quantize.weights', { bits: 4, scheme: 'kmeans', granularity, groupSize: 3 });
    const limit = granularity === 'tensor' ? 16 : 16 * 11;
    for (const count of (await distinct(result, 'layer')).values()) expect(count).toBeLessThanOrEqual(limit);
    expect(await errorOf(result)).toBeLessThan(0.3);
  });

  test('excluded, first and last layers keep their weights', async () => {
    const params = { bits: 2, rounding: 'nearest', exclude: ['dep*'], keepFirst: true, keepLast: true };
    const result = await decodeWeights(await apply('quantize.weights', params));
    const originals = new Map(weightLayers(simplify(network)).map(({ node, weight }) => [node.name, weight]));
    const kept = weightLayers(result).filter(({ node, weight }) =>
      originals.get(node.name)!.data.every((v, i) => v === weight.data[i]),
    );
    expect(kept.map(({ node }) => node.name)).toEqual(['stem', 'depthwise', 'logits']);
    await expect(apply('quantize.weights', { exclude: ['nothing'] })).rejects.toMatchObject({
      code: 'technique.params',
    });
  });

  test('pruned weights stay zero and are stored sparsely', async () => {
    const wide = new NetworkBuilder(5);
    const graph = wide.head(wide.conv(wide.conv('input', 'stem', 3, 64, 3), 'tail', 64, 128, 3), 128, 10);
    const pruned = await apply('prune.magnitude', { amount: 0.7 }, graph);
    const result = reload(await apply('quantize.weights', { bits: 4 }, pruned));
    const zeros = async (of: Graph): Promise<boolean[]> =>
      weightLayers(await decodeWeights(of)).flatMap(({ weight }) =>
        Array.from(weight.data as Float32Array, (value) => value === 0),
      );
    const after = await zeros(result);
    expect((await zeros(pruned)).every((isZero, at) => !isZero || after[at])).toBe(true);
    const dense = await apply('quantize.weights', { bits: 4 }, graph);
    expect(encodeModel(result).length).toBeLessThan(0.75 * encodeModel(dense).length);
  });

  test.each([
    ['linear-symmetric', 1e-6],
    ['linear-signed', 1e-6],
    ['linear', 0.01],
    ['kmeans', 0.01],
  ])('%s and then int8: stays in 4 bits, the weights move by no more than a share of %f', async (scheme, share) => {
    const wide = new NetworkBuilder(5);
    const graph = wide.head(wide.conv(wide.conv('input', 'stem', 3, 64, 3), 'tail', 64, 128, 3), 128, 10);
    const fewBits = reload(await apply('quantize.weights', { bits: 4, scheme }, graph));
    const integers = reload(await apply('quantize.static', { weightRange: 'min-max' }, fewBits));
    // Two biases and two scales per channel, where the float file has one and a half.
    expect(encodeModel(integers).length).toBeLessThan(1.15 * encodeModel(fewBits).length);
    const plain = await decodeWeights(integers);
    const producers = new Map(plain.nodes.map((node) => [node.outputs[0]!, node]));
    for (const { node, weight } of weightLayers(await decodeWeights(fewBits))) {
      const layer = plain.nodes.find(({ name }) => name === node.name)!;
      const { inputs } = producers.get(layer.inputs[1]!)!;
      const [codes, scales] = [plain.initializers.get(inputs[0]!)!, plain.initializers.get(inputs[1]!)!];
      const perChannel = codes.data.length / scales.data.length;
      const peak = (weight.data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      codes.data.forEach((code, index) => {
        const value = Number(code) * Number(scales.data[Math.floor(index / perChannel)]);
        expect(Math.abs(value - Number(weight.data[index])) / peak).toBeLessThan(share);
      });
    }
  });

  test('16 bits is half precision; a signal stops it; without images it says so', async () => {
    const half = await apply('quantize.weights', { bits: 16 });
    expect([...half.initializers.values()].some(({ type }) => type === 'float16')).toBe(true);
    const aborted = contextFor(cardFor(network), images(24), [3, 12, 12], AbortSignal.abort());
    await expect(applyStep(network, 'quantize.weights', {}, aborted)).rejects.toMatchObject({ code: 'cancelled' });
    const empty = contextFor(cardFor(network), new Float32Array());
    await expect(applyStep(network, 'quantize.weights', {}, empty)).rejects.toMatchObject({ code: 'technique.failed' });
  });
});

describe('cluster.weights', () => {
  test.each(['optimal', 'linear', 'density', 'k-means++'])('%s: no more values than clusters', async (init) => {
    const result = await apply('cluster.weights', { clusters: 12, init, rounding: 'nearest' });
    for (const count of (await distinct(result, 'layer')).values()) expect(count).toBeLessThanOrEqual(12);
    expect(await errorOf(result)).toBeLessThan(0.5);
  });

  test('per channel, in chosen layers only', async () => {
    const result = await apply('cluster.weights', { clusters: 3, per: 'channel', layers: ['mix', 'left'] });
    const counts = await distinct(result, 'channel');
    expect(counts.get('mix')).toBe(3);
    expect(counts.get('left')).toBe(3);
    expect(counts.get('right')).toBeGreaterThan(100);
  });
});

describe('binarize.weights', () => {
  test.each([1, 2, 3, 4])('%i bases: 2^bases values per channel, first and last layer kept', async (bases) => {
    const result = reload(await apply('binarize.weights', { bases }));
    const counts = await distinct(result, 'channel');
    for (const [name, count] of counts)
      if (name !== 'stem' && name !== 'logits') expect(count).toBeLessThanOrEqual(2 ** bases);
    expect(counts.get('stem')).toBe(27);
    const operators = await optimizedOperators(result);
    expect(operators).toEqual(await optimizedOperators(await decodeWeights(result)));
  });

  test('more bases come closer', async () => {
    const errors = await Promise.all(
      [1, 2, 3, 4].map(async (bases) => errorOf(await apply('binarize.weights', { bases }))),
    );
    for (let at = 1; at < errors.length; at++) expect(errors[at]).toBeLessThan(errors[at - 1]!);
  });
});
