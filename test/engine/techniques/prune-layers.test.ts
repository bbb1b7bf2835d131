import { describe, expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { countMacs } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { residualBlocks } from '../../../src/main/engine/onnx/residual-blocks';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { makeGraph, noise } from '../../fixtures/graphs';
import { randomNetwork } from '../../fixtures/random-network';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  relativeError,
  runGraph,
} from './small-networks';

const prune = (graph: Graph, params: Record<string, unknown> = {}, context = contextFor(cardFor(graph), images(64))) =>
  applyStep(graph, 'prune.layers', params, context);

/** stem, then residual blocks whose last convolutions are scaled by `sizes`. */
function residualNetwork(sizes: number[], activation: string | undefined = 'Relu'): Graph {
  const net = new NetworkBuilder(5);
  let value = net.conv('input', 'stem', 3, 8, 3);
  if (activation) value = net.node(activation, [value], 'stem.active');
  sizes.forEach((size, at) => {
    const inner = net.node('Relu', [net.conv(value, `stage.${at}.first`, 8, 8, 1)], `stage.${at}.relu`);
    const branch = net.conv(inner, `stage.${at}.second`, 8, 8, 3);
    for (const part of ['weight', 'bias']) {
      const tensor = net.graph.initializers.get(`${branch}.${part}`)!;
      const scaled = (tensor.data as Float32Array).map((each) => each * size);
      net.graph.initializers.set(`${branch}.${part}`, float32Tensor(tensor.shape, scaled));
    }
    value = net.node('Add', at % 2 ? [value, branch] : [branch, value], `sum${at}`);
    if (activation) value = net.node(activation, [value], `active${at}`);
  });
  return net.head(value, 8, 10);
}

describe('blocks are found from the graph alone', () => {
  test('names, identities and sums', () => {
    expect(residualBlocks(residualNetwork([1, 1])).map(({ name, identity, sum }) => [name, identity, sum])).toEqual([
      ['stage.0', 'stem.active', 'sum0'],
      ['stage.1', 'active0', 'sum1'],
    ]);
    expect(residualBlocks(mixedNetwork()).map(({ sum }) => sum)).toEqual(['sum', 'residual']);
  });

  test.each<[string, (graph: Graph) => void]>([
    ['the branch is read elsewhere', ({ outputs }) => outputs.push(makeValue('stage.0.relu', 'float32', []))],
    [
      'the sum has a constant',
      ({ nodes, initializers }) => {
        initializers.set('c', float32Tensor([], [1]));
        nodes.find(({ op }) => op === 'Add')!.inputs[1] = 'c';
      },
    ],
    [
      'there are no weights in the branch',
      ({ nodes }) => {
        const add = nodes.find(({ op }) => op === 'Add')!;
        nodes.splice(nodes.indexOf(add), 0, makeNode('Relu', ['stem.active'], ['again']));
        add.inputs = ['again', 'stem.active'];
      },
    ],
    [
      'the branch reads what is before the identity too',
      ({ nodes }) => {
        const add = nodes.find(({ op }) => op === 'Add')!;
        nodes.splice(nodes.indexOf(add), 0, makeNode('Mul', ['stage.0.second', 'stem'], ['mixed']));
        add.inputs = ['mixed', 'stem.active'];
      },
    ],
  ])('none where %s', (_name, change) => {
    const graph = residualNetwork([1]);
    change(graph);
    expect(residualBlocks(graph)).toEqual([]);
  });
});

test('a block that does nothing goes first, and the answers stay', async () => {
  const network = residualNetwork([0.5, 0, 0.3]);
  const before = fingerprintOf(network);
  const context = contextFor(cardFor(network), images(64));
  const result = await prune(network, { refit: false }, context);
  expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(1e-5);
  expect(context.notes[0]).toMatch(/^Removed 1 of 3 residual blocks: stage\.1; \d\d\.\d % of the MACs are left\.$/);
  expect(result.nodes.some(({ name }) => name.startsWith('stage.1'))).toBe(false);
  expect(countMacs(result)).toBeLessThan(countMacs(network));
  expect(fingerprintOf(network)).toBe(before);
});

test('a linear block is taken over entirely by the layer before', async () => {
  const pixel = [2, 1, 1];
  const weights = (values: number[]) => float32Tensor([2, 2, 1, 1], values);
  const network = makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 2, 1, 1])],
    outputs: [makeValue('logits', 'float32', ['batch', 2, 1, 1])],
    nodes: [
      makeNode('Conv', ['input', 'w'], ['a']),
      makeNode('Conv', ['a', 'v', 'c'], ['f']),
      makeNode('Add', ['a', 'f'], ['sum']),
      makeNode('Conv', ['sum', 'u'], ['logits']),
    ],
    initializers: {
      w: weights([1, 2, 0, 1]),
      v: weights([0.5, 0, 0.25, -0.5]),
      c: float32Tensor([2], [3, -1]),
      u: weights([1, 0, 1, 1]),
    },
  });
  const data = noise(20_000, 4);
  const context = contextFor(cardFor(network), data, pixel);
  const result = await prune(network, { images: 10_000 }, context);
  expect(result.nodes.map(({ op }) => op)).toEqual(['Conv', 'Conv']);
  const error = relativeError(await runGraph(result, data, pixel), await runGraph(network, data, pixel));
  // Damping keeps a trace of the old weights.
  expect(error).toBeLessThan(0.02);
});

test.each(['Relu', undefined])('the refit helps where %s follows the sum; it is the same twice', async (activation) => {
  const network = residualNetwork([0.5, 0.4, 0.3], activation);
  const data = images(64, 50);
  const reference = await runGraph(network, data);
  const errorOf = async (params: Record<string, unknown>) =>
    relativeError(await runGraph(await prune(network, { count: 2, ...params }), data), reference);
  expect(await errorOf({})).toBeLessThan(0.9 * (await errorOf({ refit: false })));
  expect(fingerprintOf(await prune(network))).toBe(fingerprintOf(await prune(network)));
});

test('in one round blocks are weighed once, and one by one again for each', async () => {
  const network = residualNetwork([0.5, 0, 0.3]);
  const weighed = async (steps?: number) => {
    const context = contextFor(cardFor(network), images(32));
    const result = await prune(network, { count: 2, refit: false, ...(steps && { steps }) }, context);
    return {
      left: residualBlocks(result).length,
      times: context.steps.filter(([stage]) => stage === 'weighing blocks'),
    };
  };
  const [once, each] = [await weighed(1), await weighed()];
  expect([once.left, each.left]).toEqual([1, 1]);
  expect([once.times.length, each.times.length]).toEqual([3, 3 + 2]);
});

describe('by measured time', () => {
  const byLatency = async (latency: number) => {
    const network = residualNetwork([0.5, 0, 0.3]);
    const context = contextFor(cardFor(network), images(32));
    const result = await prune(network, { latency, refit: false }, context);
    return { left: residualBlocks(result).map(({ name }) => name), notes: context.notes };
  };

  test('a block that does nothing goes first and is enough for a little', async () => {
    const { left, notes } = await byLatency(0.95);
    expect(left).toEqual(['stage.0', 'stage.2']);
    expect(notes[0]).toMatch(/^Removed 1 of 3 residual blocks: stage\.1;/);
  });

  test('where all blocks take too little time, all are gone and that is said', async () => {
    const { left, notes } = await byLatency(0.1);
    expect(left).toEqual([]);
    expect(notes[1]).toBe('All blocks are gone, and the layers still take more than 10 % of their time.');
  });
});

const withBlocks = Array.from({ length: 100 }, (_, seed) => simplify(randomNetwork(seed)))
  .filter((network) => residualBlocks(network).length > 0)
  .slice(0, 6);

test.each(withBlocks.map((network, at) => [at, network] as const))(
  'random network with blocks %i stays loadable',
  async (seed, network) => {
    const count = residualBlocks(network).length;
    const context = contextFor(cardFor(network), noise(8 * 108, seed + 1), [3, 6, 6]);
    const result = await prune(network, { count, steps: 1 + (seed % 3) }, context);
    expect((await runGraph(result, noise(108, 3), [3, 6, 6])).every(Number.isFinite)).toBe(true);
    expect(residualBlocks(result)).toEqual([]);
    expect(countMacs(result)).toBeLessThan(countMacs(network));
  },
);

test('there are random networks with blocks', () => expect(withBlocks).toHaveLength(6));

test('refusals', async () => {
  const plain = residualNetwork([]);
  await expect(prune(plain)).rejects.toThrow('prune.layers cannot be applied to small: it has no residual blocks');
  await expect(prune(residualNetwork([1, 1]), { count: 3 })).rejects.toThrow(
    '"count" is 3, but small has 2 residual blocks that can be removed',
  );
  await expect(prune(plain, { count: 0 })).rejects.toMatchObject({ code: 'technique.params' });
  for (const recipe of ['quantize.static | prune.layers', 'fp16 | prune.layers'])
    expect(() => checkRecipe(parseRecipe(recipe))).toThrow('cannot follow');
});
