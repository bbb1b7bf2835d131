import { describe, expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { singleBatch } from '../../../src/main/engine/onnx/classifier';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { noise } from '../../fixtures/graphs';
import { randomNetwork } from '../../fixtures/random-network';
import { cardFor, contextFor, fingerprintOf, images, mixedNetwork, relativeError, runGraph } from './small-networks';

const factorize = (graph: Graph, params: Record<string, unknown>, context = contextFor(cardFor(graph), images(32))) =>
  applyStep(graph, 'factorize', { roundTo: 1, ...params }, context);

describe('a network of 3x3 and 1x1 convolutions, grouped ones and a Gemm', () => {
  const network = mixedNetwork();
  const macs = countMacs(network);

  test.each(['best', 'channel', 'spatial'])('keeps to the MACs, split %s', async (split) => {
    const context = contextFor(cardFor(network), images(32));
    const result = await factorize(network, { macs: 0.8, split }, context);
    expect(countMacs(result)).toBeLessThanOrEqual(0.8 * macs);
    expect(countMacs(result)).toBeGreaterThan(0.6 * macs);
    expect(context.notes[0]).toMatch(/^\d of 7 layers were split in two; 7\d\.\d % of the MACs are left\.$/);
    const data = images(16, 99);
    const output = await runGraph(result, data);
    expect(relativeError(output, await runGraph(network, data))).toBeLessThan(0.5);
    expect(countParams(result)).toEqual(countParams({ ...result, metadata: {} }));
    const kernels = result.nodes.flatMap(({ op, attributes }) =>
      op === 'Conv' && attributes['kernel_shape']?.type === 'ints' ? [attributes['kernel_shape'].value.join('x')] : [],
    );
    expect(kernels.includes('3x1')).toBe(split !== 'channel' && kernels.includes('1x3'));
  });

  test('more MACs, less error; all of them, none', async () => {
    const data = images(16, 99);
    const reference = await runGraph(network, data);
    const errors: number[] = [];
    for (const kept of [1, 0.8, 0.5])
      errors.push(relativeError(await runGraph(await factorize(network, { macs: kept }), data), reference));
    expect(errors[0]).toBeLessThan(1e-4);
    for (let at = 1; at < errors.length; at++) expect(errors[at]!).toBeGreaterThan(errors[at - 1]!);
  });

  test('energy: no layer loses more than asked, and nothing grows', async () => {
    const tight = await factorize(network, { energy: 0.99 });
    const loose = await factorize(network, { energy: 0.6 });
    expect(countMacs(loose)).toBeLessThan(countMacs(tight));
    expect(countMacs(tight)).toBeLessThanOrEqual(macs);
  });

  test('the same twice; the graph that came in is as it was', async () => {
    const before = fingerprintOf(network);
    const [first, second] = [await factorize(network, {}), await factorize(network, {})];
    expect(fingerprintOf(second)).toBe(fingerprintOf(first));
    expect(fingerprintOf(network)).toBe(before);
  });

  test('excluded layers stay whole, the others keep their names', async () => {
    const result = await factorize(network, { macs: 0.5, exclude: ['mix', 'right'] });
    const names = result.nodes.map(({ name }) => name);
    expect(names).not.toContain('mix/low-rank');
    expect(names).not.toContain('right/low-rank');
    expect(names.some((name) => name.endsWith('/low-rank'))).toBe(true);
    for (const name of ['mix', 'right', 'left', 'logits']) expect(names).toContain(name);
  });
});

test.each(Array.from({ length: 6 }, (_, seed) => seed))(
  'random network %i stays loadable and shape-correct',
  async (seed) => {
    const network = randomNetwork(seed);
    const context = contextFor(cardFor(network), noise(8 * 108, seed + 1), [3, 6, 6]);
    const result = await factorize(
      network,
      { macs: 0.6, split: (['best', 'channel', 'spatial'] as const)[seed % 3] },
      context,
    );
    const output = network.outputs[0]!.name;
    const shapeIn = (graph: Graph) => inferShapes(graph, singleBatch(graph)).get(output);
    expect(shapeIn(result)).toEqual(shapeIn(network));
    expect(countMacs(result)).toBeLessThanOrEqual(countMacs(simplify(network)));
    expect((await runGraph(result, noise(108, 3), [3, 6, 6])).every(Number.isFinite)).toBe(true);
  },
);

test('after blocks are removed, and before pruning or integers', async () => {
  const network = mixedNetwork();
  const data = images(16, 99);
  const reference = await runGraph(network, data);
  let graph = network;
  for (const [id, params] of [
    ['prune.layers', {}],
    ['factorize', { macs: 0.85, roundTo: 1 }],
    ['recalibrate', {}],
    ['prune.magnitude', { amount: 0.1 }],
    ['quantize.static', {}],
  ] as const) {
    const context = { ...contextFor(cardFor(network), images(32)), reference: () => Promise.resolve(network) };
    graph = await applyStep(graph, id, params, context);
  }
  expect(relativeError(await runGraph(graph, data), reference)).toBeLessThan(0.7);
});

test('refusals', async () => {
  const network = mixedNetwork();
  await expect(factorize(network, { macs: 0.5, energy: 0.9 })).rejects.toThrow(
    'give either "macs" or "energy", not both',
  );
  await expect(factorize(network, { macs: 0 })).rejects.toMatchObject({ code: 'technique.params' });
  await expect(factorize(network, { exclude: ['*'] })).rejects.toMatchObject({ code: 'technique.not-applicable' });
  await expect(factorize(network, {}, contextFor(cardFor(network), new Float32Array()))).rejects.toThrow(
    'it needs calibration images',
  );
  for (const recipe of ['quantize.static | factorize', 'fp16 | factorize', 'prune.magnitude | factorize'])
    expect(() => checkRecipe(parseRecipe(recipe))).toThrow('cannot follow');
  expect(checkRecipe(parseRecipe('factorize | prune.magnitude | quantize.static'))).toHaveLength(3);
});
