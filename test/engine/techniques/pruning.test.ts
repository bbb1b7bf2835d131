import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../src/shared/recipe-syntax';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  networkWithWideLayer,
  relativeError,
  runGraph,
} from './small-networks';

function wideNetwork(): Graph {
  const net = new NetworkBuilder(4);
  const stem = net.node('Relu', [net.conv('input', 'stem', 3, 32, 3)], 'stem.relu');
  const body = net.node('Relu', [net.conv(stem, 'body', 32, 48, 3)], 'body.relu');
  return net.head(net.node('Relu', [net.conv(body, 'tail', 48, 64, 1)], 'tail.relu'), 64, 10);
}

const network = wideNetwork();
const context = (): ReturnType<typeof contextFor> => contextFor(cardFor(network), images(24, 3));
const apply = (id: string, params: unknown = {}, graph = network): Promise<Graph> =>
  applyStep(graph, id, params, context());
const reload = (graph: Graph): Graph => parseModel(encodeModel(graph), 'test');
const errorOf = async (graph: Graph): Promise<number> => relativeError(await runGraph(graph), await runGraph(network));

/** Whether each weight is zero, by layer, rows first. */
async function zerosOf(graph: Graph): Promise<Map<string, Uint8Array>> {
  return new Map(
    weightLayers(await decodeWeights(graph)).map((layer) => [
      layer.node.name,
      Uint8Array.from(weightRows(layer).data, (value) => (value === 0 ? 1 : 0)),
    ]),
  );
}

const sum = (values: Iterable<number>): number => [...values].reduce((all, value) => all + value, 0);
const countOf = (zeros: Map<string, Uint8Array>): number => sum([...zeros.values()].map(sum));
const sizeOf = (zeros: Map<string, Uint8Array>): number => sum([...zeros.values()].map(({ length }) => length));

describe('prune.magnitude', () => {
  test.each([
    ['2:4', undefined],
    ['1:4', undefined],
    ['4x1', 0.5],
    ['2x3', 0.5],
    ['row', 0.5],
    ['column', 0.5],
  ])('%s: stored sparsely, the same answers as in plain form', async (pattern, share) => {
    const result = reload(await apply('prune.magnitude', { pattern, criterion: 'l2' }));
    const zeros = await zerosOf(result);
    if (share !== undefined) expect(Math.abs(countOf(zeros) / sizeOf(zeros) - share)).toBeLessThan(0.01);
    expect(await runGraph(result)).toEqual(await runGraph(await decodeWeights(result)));
    expect(encodeModel(result).length).toBeLessThan(0.62 * encodeModel(network).length);
  });

  test('2:4 leaves no more than two of four input channels', async () => {
    const zeros = (await zerosOf(await apply('prune.magnitude', { pattern: '2:4' }))).get('body')!;
    for (let row = 0; row < 48; row++)
      for (let place = 0; place < 9; place++)
        for (let channel = 0; channel < 32; channel += 4) {
          const run = [0, 1, 2, 3].map((at) => zeros[row * 288 + (channel + at) * 9 + place]!);
          expect(sum(run)).toBe(2);
        }
  });

  test('random is a control: the same for a seed, another for another', async () => {
    const seeded = (seed: number): Promise<Graph> =>
      applyStep(network, 'prune.magnitude', { criterion: 'random' }, { ...context(), rng: createRandom(seed) });
    const [first, again, other] = [await seeded(1), await seeded(1), await seeded(2)];
    expect(fingerprintOf(again)).toBe(fingerprintOf(first));
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(first));
    expect(countOf(await zerosOf(first))).toBe(countOf(await zerosOf(await apply('prune.magnitude'))));
    expect(await errorOf(await apply('prune.magnitude'))).toBeLessThan(await errorOf(first));
  });

  test.each([1, 2])('by sensitivity in %i steps: exact in all, layers differ', async (steps) => {
    const zeros = await zerosOf(await apply('prune.magnitude', { scope: 'sensitivity', steps }));
    expect(countOf(zeros)).toBe(Math.round(0.5 * sizeOf(zeros)));
    const shares = [...zeros.values()].map((layer) => sum(layer) / layer.length);
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.05);
  });

  test('calibration images are asked for only where layers are measured', () => {
    const needs = (text: string): string[] => checkRecipe(parseRecipe(text))[0]!.needs;
    expect(needs('prune.magnitude')).toEqual([]);
    expect(needs('prune.magnitude{scope:sensitivity}')).toEqual(['calibration']);
  });

  test('excluded, first and last layers stay whole; the amount is that of the others', async () => {
    const zeros = await zerosOf(await apply('prune.magnitude', { exclude: ['bo*'], keepFirst: true, keepLast: true }));
    expect([...zeros].filter(([, layer]) => sum(layer) > 0).map(([name]) => name)).toEqual(['tail']);
    expect(sum(zeros.get('tail')!)).toBe((48 * 64) / 2);
    await expect(apply('prune.magnitude', { exclude: ['*'] })).rejects.toMatchObject({
      code: 'technique.not-applicable',
    });
    await expect(apply('prune.magnitude', { exclude: ['nothing'] })).rejects.toMatchObject({
      code: 'technique.params',
    });
  });
});

describe('prune.secondOrder', () => {
  test.each(['global', 'local'])('%s: exact zeros, far nearer than magnitude', async (scope) => {
    const before = fingerprintOf(network);
    const written = await apply('prune.secondOrder', { scope });
    expect(fingerprintOf(network)).toBe(before);
    const result = reload(written);
    const zeros = await zerosOf(result);
    expect(countOf(zeros)).toBe(Math.round(0.5 * sizeOf(zeros)));
    const magnitude = await apply('prune.magnitude', { scope: 'local' });
    expect(await errorOf(result)).toBeLessThan(0.6 * (await errorOf(magnitude)));
    expect(await runGraph(result)).toEqual(await runGraph(await decodeWeights(result)));
    if (scope === 'local')
      expect(fingerprintOf(await apply('prune.secondOrder', { scope }))).toBe(fingerprintOf(written));
  });

  // Blocks at the edge of a layer are smaller, so a sum of blocks may end up to half a block beside the amount.
  test.each([
    ['2:4', 0],
    ['4x1', 2],
  ])('%s, with the zeros of magnitude pruning', async (pattern, beside) => {
    const params = { pattern, scope: 'local' };
    const [result, magnitude] = [await apply('prune.secondOrder', params), await apply('prune.magnitude', params)];
    expect(await errorOf(result)).toBeLessThan(await errorOf(magnitude));
    const counts = async (graph: Graph): Promise<number[]> => [...(await zerosOf(graph)).values()].map(sum);
    const expected = await counts(magnitude);
    expect(expected).toHaveLength(4);
    (await counts(result)).forEach((count, layer) =>
      expect(Math.abs(count - expected[layer]!)).toBeLessThanOrEqual(beside),
    );
  });

  test('recalibrated, it is still stored without its zeros', async () => {
    const pruned = await apply('prune.secondOrder', { scope: 'local' });
    const reference = { ...context(), reference: () => Promise.resolve(network) };
    const result = await applyStep(reload(pruned), 'recalibrate', {}, reference);
    expect(countOf(await zerosOf(result))).toBe(countOf(await zerosOf(pruned)));
    expect(encodeModel(result).length).toBeLessThan(1.1 * encodeModel(pruned).length);
  });

  test('grouped, depthwise and shared layers, batch norms and residuals', async () => {
    const mixed = mixedNetwork(5);
    const result = await applyStep(
      mixed,
      'prune.secondOrder',
      { amount: 0.4 },
      contextFor(cardFor(mixed), images(24, 3)),
    );
    const zeros = await zerosOf(result);
    expect(countOf(zeros)).toBe(Math.round(0.4 * sizeOf(zeros)));
    expect(relativeError(await runGraph(result), await runGraph(mixed))).toBeLessThan(0.5);
  });

  test.each(['global', 'local'])(
    '%s, of more inputs than images can tell apart: by what each weight carries',
    async (scope) => {
      const wide = networkWithWideLayer();
      const params = { scope, amount: 0.6, exclude: ['stem'] };
      const own = (): ReturnType<typeof contextFor> => contextFor(cardFor(wide), images(24, 3));
      const [result, magnitude] = [
        await applyStep(wide, 'prune.secondOrder', params, own()),
        await applyStep(wide, 'prune.magnitude', params, own()),
      ];
      const zeros = await zerosOf(result);
      expect(countOf(zeros)).toBe(Math.round(0.6 * 10 * 128 * 12 * 12));
      const float = await runGraph(wide);
      expect(relativeError(await runGraph(result), float)).toBeLessThan(
        0.9 * relativeError(await runGraph(magnitude), float),
      );
      const again = await applyStep(result, 'prune.secondOrder', { ...params, amount: 0.7 }, own());
      const kept = [...zeros.values()].at(-1)!;
      const after = [...(await zerosOf(again)).values()].at(-1)!;
      expect(kept.every((isZero, at) => !isZero || after[at] === 1)).toBe(true);
    },
  );

  test('a signal stops it; without images it says so', async () => {
    const aborted = contextFor(cardFor(network), images(24), [3, 12, 12], AbortSignal.abort());
    await expect(applyStep(network, 'prune.secondOrder', {}, aborted)).rejects.toMatchObject({ code: 'cancelled' });
    const empty = contextFor(cardFor(network), new Float32Array());
    await expect(applyStep(network, 'prune.secondOrder', {}, empty)).rejects.toMatchObject({
      code: 'technique.failed',
    });
  });
});

describe('zeros survive', () => {
  const pruned = apply('prune.secondOrder', { amount: 0.6, scope: 'local' });
  const chains: [string, unknown][] = [
    ['quantize.weights', { bits: 4 }],
    ['quantize.weights', { bits: 4, scheme: 'linear' }],
    ['quantize.weights', { bits: 4, scheme: 'kmeans' }],
    ['quantize.weights', { bits: 3, scheme: 'kmeans', granularity: 'tensor', rounding: 'nearest' }],
    ['quantize.weights', { bits: 4, scheme: 'uniform-lut' }],
    ['cluster.weights', { clusters: 20 }],
  ];

  test.each(chains)('%s %j, then quantize.static', async (id, params) => {
    const coded = reload(await apply(id, params, await pruned));
    const expected = await zerosOf(await pruned);
    const isKept = (zeros: Map<string, Uint8Array>): boolean =>
      [...expected].every(([name, layer]) => layer.every((zero, at) => zero === 0 || zeros.get(name)![at] === 1));
    expect(isKept(await zerosOf(coded))).toBe(true);
    // A bit for each weight, and codes only for four of ten.
    const dense = await apply(id, params);
    expect(encodeModel(coded).length).toBeLessThan(encodeModel(dense).length);
    expect(await runGraph(coded)).toEqual(await runGraph(await decodeWeights(coded)));

    const integer = reload(await apply('quantize.static', {}, coded));
    const plain = await decodeWeights(integer);
    for (const [name, layer] of expected) {
      const node = plain.nodes.find((candidate) => candidate.name === name)!;
      const dequantize = plain.nodes.find(({ outputs }) => outputs.includes(node.inputs[1]!))!;
      const { data, shape } = plain.initializers.get(dequantize.inputs[0]!)!;
      // Gemm holds output channels along its second axis.
      const at = (index: number): number =>
        node.op === 'Gemm' && weightLayers(network).at(-1)!.channelAxis === 1
          ? (index % shape[0]!) * shape[1]! + Math.floor(index / shape[0]!)
          : index;
      expect(layer.every((zero, index) => zero === 0 || Number(data[at(index)]) === 0)).toBe(true);
    }
    expect(relativeError(await runGraph(integer), await runGraph(coded))).toBeLessThan(0.1);
  });
});

test.each([
  'quantize.static | prune.secondOrder',
  'quantize.weights | prune.secondOrder',
  'cluster.weights | prune.magnitude',
  'quantize.dynamic | prune.secondOrder',
  'fp16 | prune.secondOrder',
])('refuses %s before anything runs', (text) => {
  expect(() => checkRecipe(parseRecipe(text))).toThrow(expect.objectContaining({ code: 'technique.order' }));
});

test.each([
  ['{pattern:"4:2"}', '"pattern" must be "unstructured", "row"'],
  ['{amount:1}', '"amount" must be a number from 0 to 0.99, not 1'],
  ['{scope:sensitivity}', '"scope" must be "global" or "local", not "sensitivity"'],
  ['{steps:0}', '"steps" must be a whole number from 1 to 32, not 0'],
])('prune.secondOrder%s', (params, message) => {
  expect(() => checkRecipe(parseRecipe(`prune.secondOrder${params}`))).toThrow(message);
});
