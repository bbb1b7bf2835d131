import { describe, expect, it, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { pruneChannels } from '../../../src/main/engine/techniques/prune-channels';
import { randomNetwork } from '../../fixtures/random-network';
import { makeGraph } from '../../fixtures/graphs';
import {
  NetworkBuilder,
  cachedIn,
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  relativeError,
  runGraph,
} from './small-networks';

const id = 'prune.channels';
const graph = mixedNetwork();
const fullMacs = countMacs(graph);

async function prune(params: Record<string, unknown>, network: Graph = graph) {
  const context = contextFor(cardFor(network), images(32));
  const result = await applyStep(network, id, params, context);
  return { result, notes: context.notes };
}

const messageOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was thrown',
    (thrown: AppError) => thrown.message,
  );

/** A network with far more channels than its data has directions: two convolutions read what nine directions make. */
function redundantNetwork(): Graph {
  const net = new NetworkBuilder(5);
  const low = net.conv('input', 'low', 3, 6, 3);
  const wide = net.conv(low, 'wide', 6, 32, 1);
  const next = net.node('Relu', [net.conv(wide, 'next', 32, 16, 3)], 'next.relu');
  return net.head(next, 16, 10);
}

/** Two convolutions, whose flattened maps have more positions than images can tell apart. */
function flattenedNetwork(): Graph {
  const net = new NetworkBuilder(5);
  const first = net.node('Relu', [net.conv('input', 'first', 3, 32, 3)], 'first.relu');
  const maps = net.node('Relu', [net.conv(first, 'second', 32, 128, 3)], 'second.relu');
  const flat = net.node('Flatten', [maps], 'flat', { axis: attr.int(1) });
  const weights = net.constant('logits.weight', net.weights([128 * 12 * 12, 10], 0.05));
  net.node('Gemm', [flat, weights, net.constant('logits.bias', net.weights([10]))], 'logits');
  return { ...net.graph, outputs: [makeValue('logits', 'float32', ['batch', 10])] };
}

describe(id, () => {
  test('channels that a layer of too many inputs reads stay, and so do its weights', async () => {
    const network = flattenedNetwork();
    const { result } = await prune({ macs: 0.7 }, network);
    const shapeOf = (name: string): readonly number[] =>
      result.initializers.get(result.nodes.find((node) => node.name === name)!.inputs[1]!)!.shape;
    expect([shapeOf('first')[0], shapeOf('second')[0], shapeOf('logits')]).toEqual([
      expect.toSatisfy((channels: number) => channels < 32),
      128,
      [128 * 12 * 12, 10],
    ]);
    const gemm = result.nodes.find(({ op }) => op === 'Gemm')!;
    expect(result.initializers.get(gemm.inputs[1]!)!.data).toEqual(network.initializers.get('logits.weight')!.data);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(1);
  });

  test.each([
    { macs: 0.6 },
    { macs: 0.6, importance: 'l1', refit: false },
    { macs: 0.6, importance: 'l2', allocation: 'uniform' },
    { macs: 0.6, importance: 'geometric-median', refit: false },
    { macs: 0.6, importance: 'random', allocation: 'uniform', refit: false },
    { macs: 0.6, allocation: 'uniform' },
    { params: 0.6 },
    { macs: 0.5, steps: 2 },
  ])('%o leaves the fraction it was asked for', async (params) => {
    const fraction = params.params ?? params.macs ?? 1;
    const count = (network: Graph): number =>
      params.params ? countParams({ ...network, metadata: {} }).params : countMacs(network);
    const { result, notes } = await prune({ roundTo: 2, ...params });
    const left = count(result) / count(simplify(graph));
    expect(left).toBeLessThanOrEqual(fraction + 0.005);
    expect(left).toBeGreaterThan(fraction - 0.12);
    expect(await runGraph(result)).toHaveLength(80);
    expect(notes[0]).toMatch(/^\d+\.\d % of MACs and \d+\.\d % of parameters stay; \d+ of 138 channels are gone\.$/);
    expect(notes[1]).toMatch(/^Channels left: [a-z]+ \d+ to \d+/);
    expect(countParams(result)).toEqual(countParams({ ...result, metadata: {} }));
  });

  it('keeps widths that are multiples of roundTo', async () => {
    const { result } = await prune({ macs: 0.5, roundTo: 8, refit: false });
    const widths = [...result.initializers.values()]
      .filter(({ shape }) => shape.length === 4 && shape[0]! > 1)
      .map(({ shape }) => shape[0]!);
    expect(widths.every((width) => width % 8 === 0)).toBe(true);
    expect(countMacs(result)).toBeLessThan(0.55 * fullMacs);
  });

  it('keeps the output of a redundant network, which weights alone do not tell', async () => {
    const network = redundantNetwork();
    const fresh = images(16, 99);
    const expected = await runGraph(network, fresh);
    const error = async (params: Record<string, unknown>): Promise<number> => {
      const { result } = await prune({ macs: 0.6, roundTo: 2, ...params }, network);
      return relativeError(await runGraph(result, fresh), expected);
    };
    const best = await error({});
    expect(best).toBeLessThan(0.1);
    expect(await error({ importance: 'l1', refit: false })).toBeGreaterThan(3 * best);
    expect(await error({ importance: 'random', refit: false })).toBeGreaterThan(3 * best);
  });

  test.each([{ latency: 0.8 }, { macs: 0.8, allocation: 'latency' }])(
    '%o chooses by milliseconds measured here',
    async (params) => {
      const network = redundantNetwork();
      const { result } = await prune({ roundTo: 4, refit: false, ...params }, network);
      expect(countMacs(result)).toBeLessThan(countMacs(network));
      expect(await runGraph(result)).toHaveLength(80);
    },
  );

  it('refits layers behind what is gone', async () => {
    const fresh = images(16, 99);
    const expected = await runGraph(graph, fresh);
    const error = async (refit: boolean): Promise<number> =>
      relativeError(await runGraph((await prune({ macs: 0.7, roundTo: 2, refit })).result, fresh), expected);
    expect(await error(true)).toBeLessThan(0.7 * (await error(false)));
  });

  it('is deterministic, does not change what it is given, and does nothing at 1', async () => {
    const before = fingerprintOf(graph);
    const first = await prune({ macs: 0.7, roundTo: 4 });
    const second = await prune({ macs: 0.7, roundTo: 4 });
    expect(fingerprintOf(first.result)).toBe(fingerprintOf(second.result));
    const all = await prune({ macs: 1 });
    expect(countMacs(all.result)).toBe(fullMacs);
    expect(relativeError(await runGraph(all.result), await runGraph(graph))).toBeLessThan(1e-4);
    expect(fingerprintOf(graph)).toBe(before);
  });

  it('rates channels once for all recipes that ask for it, with the same result', async () => {
    const stored = new Map<string, unknown>();
    const shared = async (params: Record<string, unknown>) => {
      const context = { ...contextFor(cardFor(graph), images(32)), cached: cachedIn(stored) };
      return { result: await applyStep(graph, id, { roundTo: 4, ...params }, context), steps: context.steps };
    };
    const rated = ({ steps }: Awaited<ReturnType<typeof shared>>): boolean =>
      steps.some(([stage]) => stage === 'rating channels');
    expect(rated(await shared({ macs: 0.8 }))).toBe(true);
    const second = await shared({ macs: 0.6, allocation: 'uniform' });
    expect(rated(second)).toBe(false);
    const alone = await prune({ macs: 0.6, allocation: 'uniform', roundTo: 4 });
    expect(fingerprintOf(second.result)).toBe(fingerprintOf(alone.result));
    expect(rated(await shared({ macs: 0.6, protect: ['stem'] }))).toBe(true);
  });

  it('of depthwise widths that integer kernels are slow for, quantization speaks', async () => {
    const notesAfter = async (network: Graph): Promise<string> => {
      const context = contextFor(cardFor(graph), images(32));
      await applyStep(network, 'quantize.static', {}, context);
      return context.notes.join(' ');
    };
    const protect = ['st*', 'project', 'left', 'right', 'mix'];
    const narrowed = async (roundTo: number) =>
      (await prune({ params: 0.99, importance: 'l1', refit: false, roundTo, protect })).result;
    const ragged = await narrowed(8);
    expect(ragged.initializers.get(ragged.nodes.find(({ name }) => name === 'depthwise')!.inputs[1]!)!.shape[0]).toBe(
      24,
    );
    expect(await notesAfter(ragged)).toMatch(
      /1 depthwise layer has channels that are no multiple of 16 and runs slowly/,
    );
    expect(await notesAfter(await narrowed(16))).not.toMatch(/depthwise/);
    expect(await notesAfter(graph)).not.toMatch(/depthwise/);
  });

  it('leaves protected layers as wide as they are, and says what it could not reach', async () => {
    const { result } = await prune({ macs: 0.8, roundTo: 2, protect: ['st*', 'mix'], refit: false });
    expect(result.initializers.get(result.nodes.find(({ name }) => name === 'stem')!.inputs[1]!)!.shape[0]).toBe(16);
    expect(await messageOf(prune({ macs: 0.2, roundTo: 2, protect: ['*'], refit: false }))).toMatch(/may be removed/);
    const tight = await prune({ macs: 0.1, roundTo: 8, refit: false });
    expect(tight.notes.join(' ')).toMatch(/Only \d+\.\d % of macs could be reached/);
  });

  it('works on sparse weights and keeps them sparse, again on its own result, and before quantization', async () => {
    const context = contextFor(cardFor(graph), images(32));
    const sparse = await applyStep(redundantNetwork(), 'prune.magnitude', { amount: 0.5 }, context);
    const { result } = await prune({ macs: 0.7, roundTo: 2 }, sparse);
    expect(result.nodes.some(({ op }) => op === 'BitShift')).toBe(true);
    const { params, nonZeroParams } = countParams(result);
    expect(nonZeroParams).toBeLessThan(0.7 * params);
    expect(await runGraph(result)).toHaveLength(80);

    const once = await prune({ macs: 0.8, roundTo: 2 });
    const twice = await prune({ macs: 0.8, roundTo: 2 }, once.result);
    expect(countMacs(twice.result)).toBeLessThan(0.66 * fullMacs);
    const quantized = await applyStep(twice.result, 'quantize.static', {}, context);
    expect(await runGraph(quantized)).toHaveLength(80);
  });

  it('refuses an order of steps that makes no sense', () => {
    const steps = (...ids: string[]) => ids.map((technique) => ({ technique, params: {} }));
    expect(() => checkRecipe(steps('quantize.static', id))).toThrow(/put prune.channels before quantize.static/);
    expect(() => checkRecipe(steps('fp16', id))).toThrow(/put prune.channels before fp16/);
    expect(() => checkRecipe(steps('prune.magnitude', id, id, 'quantize.static'))).not.toThrow();
  });

  test.each([
    [{ macs: 0 }, '"macs" must be a number from 0.1 to 1, not 0'],
    [{ params: 0.5, latency: 0.5 }, 'give either "params" or "latency", not both'],
    [{ macs: 0.5, params: 0.5 }, 'give only one of "macs", "params" and "latency"'],
    [{ importance: 'l0' }, '"importance" must be'],
    [{ roundTo: 0 }, '"roundTo" must be a whole number from 1 to 64, not 0'],
    [{ mac: 0.5 }, 'did you mean "macs"?'],
  ])('parameters %o are refused', (params, expected) => {
    expect(() => parseParams(pruneChannels, params)).toThrow(expected);
  });

  it('says so where nothing can be removed, and where a protected layer does not exist', async () => {
    const straight = makeGraph({
      inputs: [makeValue('input', 'float32', ['batch', 3, 12, 12])],
      outputs: [makeValue('y', 'float32', ['batch', 3])],
      nodes: [
        makeNode('GlobalAveragePool', ['input'], ['p']),
        makeNode('Flatten', ['p'], ['y'], { axis: attr.int(1) }),
      ],
    });
    expect(await messageOf(prune({}, straight))).toMatch(/no channels that may be removed/);
    expect(await messageOf(prune({ protect: ['nowhere'] }))).toMatch(/fits "nowhere" of "protect"/);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const context = contextFor(cardFor(graph), images(32), undefined, controller.signal);
    const progress = context.progress.bind(context);
    context.progress = (...args) => {
      progress(...args);
      if (args[0] === 'refitting') controller.abort();
    };
    expect(await messageOf(applyStep(copyGraph(graph), id, { roundTo: 2 }, context))).toMatch(/cancelled/i);
  });

  test.each([3, 11, 19, 27])('works on random network %i', async (seed) => {
    const network = randomNetwork(seed);
    const context = contextFor(cardFor(network), images(8).slice(0, 8 * 3 * 36), [3, 6, 6]);
    const result = await applyStep(network, id, { macs: 0.7, roundTo: 2 }, context);
    expect(countMacs(result)).toBeLessThan(countMacs(network));
    expect((await runGraph(result, images(1).slice(0, 108), [3, 6, 6])).every(Number.isFinite)).toBe(true);
  });
});
