import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { heldOutAccuracy } from '../../../src/main/engine/training/held-out-answers';
import { compressInRounds } from '../../../src/main/engine/training/rounds';
import { decodeRounds, encodeRounds } from '../../../src/main/engine/training/rounds-checkpoint';
import { cardFor, contextFor, fingerprintOf } from '../techniques/small-networks';
import { tinyClassifier } from '../../fixtures/graphs';

const start = tinyClassifier();
const amounts = [0.1, 0.2, 0.3, 0.4];

/** The network with an amount and a random number written on it. */
function marked(graph: Graph, amount: number, context: TechniqueContext): Graph {
  const result = copyGraph(graph);
  result.metadata[`round ${amount}`] = String(context.rng());
  return result;
}

const dropOf = (network: Graph): number =>
  10 * Math.max(...amounts.filter((amount) => `round ${amount}` in network.metadata));
const judge = (network: Graph) =>
  Promise.resolve({ accuracy: { images: 10, agreement: 90, top1: undefined }, drop: dropOf(network) });
const next = (network: Graph, amount: number, context: TechniqueContext): Promise<Graph> =>
  Promise.resolve(marked(network, amount, context));
const context = contextFor(cardFor(start));
const record = {
  technique: 't',
  batch: 1,
  steps: 1,
  heldOutImages: 0,
  losses: [],
  heldOut: [],
  keptStep: 1,
  seconds: 1,
  waitedShare: 0,
};

type Checkpoint = NonNullable<TechniqueContext['checkpoint']>;
function kept(): Checkpoint & { bytes?: Uint8Array } {
  const store: Checkpoint & { bytes?: Uint8Array } = {
    save: async (bytes) => void (store.bytes = bytes.slice()),
    latest: async () => store.bytes,
  };
  return store;
}

const marksOf = ({ metadata }: Graph): string[] => Object.keys(metadata).filter((key) => key.startsWith('round'));

describe('rounds', () => {
  test('each begins from the one before; the last that keeps the promise stays', async () => {
    const { network, rounds } = await compressInRounds(start, { amounts, maxDrop: 2.5, next, judge }, context);
    expect(rounds.map(({ amount, drop }) => [amount, drop])).toEqual([
      [0.1, 1],
      [0.2, 2],
      [0.3, 3],
    ]);
    expect(marksOf(network)).toEqual(['round 0.1', 'round 0.2']);
  });

  test('none keeps it: the network as it came', async () => {
    const { network, rounds } = await compressInRounds(start, { amounts, maxDrop: 0, next, judge }, context);
    expect(network).toBe(start);
    expect(rounds).toHaveLength(1);
  });

  test('all keep it, or nothing is left to compress', async () => {
    const all = await compressInRounds(start, { amounts, maxDrop: 9, next, judge }, context);
    expect(all.rounds).toHaveLength(4);
    const stops = (network: Graph, amount: number, of: TechniqueContext): Promise<Graph | undefined> =>
      amount > 0.25 ? Promise.resolve(undefined) : next(network, amount, of);
    const found = await compressInRounds(start, { amounts, maxDrop: 9, next: stops, judge }, context);
    expect(found.rounds).toHaveLength(2);
    expect(marksOf(found.network)).toEqual(['round 0.1', 'round 0.2']);
  });

  test('interrupted anywhere, it goes on in the round it was in, with what its training had saved', async () => {
    const checkpoint = kept();
    const seen: (string | undefined)[] = [];
    let left = 0;
    const interrupted = async (network: Graph, amount: number, of: TechniqueContext): Promise<Graph> => {
      const latest = await of.checkpoint!.latest();
      seen.push(`${amount} ${latest ? new TextDecoder().decode(latest) : 'anew'}`);
      if (left-- === 0) throw new AppError('cancelled');
      await of.checkpoint!.save(new TextEncoder().encode(`half of ${amount}`));
      if (left-- === 0) throw new AppError('cancelled');
      return next(network, amount, of);
    };
    const order = { amounts, maxDrop: 3.5, next: interrupted, judge };
    for (left of [0, 1, 2, 3, 0])
      await expect(compressInRounds(start, order, { ...context, checkpoint })).rejects.toThrow();
    left = Infinity;
    const resumed = await compressInRounds(start, order, { ...context, checkpoint });
    const straight = await compressInRounds(start, { ...order, next }, context);
    expect(seen).toEqual([
      '0.1 anew',
      '0.1 anew',
      '0.1 half of 0.1',
      '0.2 anew',
      '0.2 anew',
      '0.3 anew',
      '0.3 half of 0.3',
      '0.3 half of 0.3',
      '0.4 anew',
    ]);
    expect(resumed.rounds).toEqual(straight.rounds);
    expect(fingerprintOf(resumed.network)).toBe(fingerprintOf(straight.network));
  });

  test('a training that is stopped by hand ends it; whoever goes on does so in that round', async () => {
    const checkpoint = kept();
    const half = new TextEncoder().encode('half of 0.2');
    const stopping = async (network: Graph, amount: number, of: TechniqueContext): Promise<Graph> => {
      const stopped = amount === 0.2 ? { of: 9, stepsOfEpoch: 3 } : undefined;
      if (stopped) await of.checkpoint?.save(half);
      of.trained!({ ...record, ...(stopped && { stopped }) });
      return next(network, amount, of);
    };
    const order = { amounts, maxDrop: 9, judge };
    const found = await compressInRounds(start, { ...order, next: stopping }, { ...context, checkpoint });
    expect(marksOf(found.network)).toEqual(['round 0.1', 'round 0.2']);
    const standing = decodeRounds((await checkpoint.latest())!)!;
    expect([standing.rounds.length, standing.training]).toEqual([1, half]);
    // Where the round that was stopped breaks the promise, the one before stays.
    const strict = await compressInRounds(start, { ...order, maxDrop: 1, next: stopping }, context);
    expect(marksOf(strict.network)).toEqual(['round 0.1']);
    const resumed = await compressInRounds(start, { ...order, next }, { ...context, checkpoint });
    expect(fingerprintOf(resumed.network)).toBe(
      fingerprintOf((await compressInRounds(start, { ...order, next }, context)).network),
    );
  });

  test('a checkpoint that is not whole is not taken up', () => {
    const standing = {
      rounds: [{ amount: 0.1, drop: 0.5, accuracy: { images: 4, agreement: 75, top1: 50 } }],
      network: Uint8Array.of(1, 2, 3),
      training: Uint8Array.of(4),
    };
    const bytes = encodeRounds(standing);
    expect(decodeRounds(bytes)).toEqual(standing);
    expect(decodeRounds(encodeRounds({ rounds: [], network: undefined, training: undefined }))).toEqual({
      rounds: [],
      network: undefined,
      training: undefined,
    });
    for (const cut of [0, 3, 20, bytes.length - 1]) expect(decodeRounds(bytes.subarray(0, cut))).toBeUndefined();
    expect(decodeRounds(Buffer.concat([Buffer.of(0), bytes]).subarray(1))).toEqual(standing);
  });
});

test('agreement and top-1 of answers', () => {
  const float = { classes: [1, 2, 3, 4], labels: [1, 2, -1, 0] };
  expect(heldOutAccuracy(float, float)).toEqual({ images: 4, agreement: 100, top1: (100 * 2) / 3 });
  const found = { classes: [1, 0, 3, -1], labels: [1, 2, -1, 0] };
  expect(heldOutAccuracy(found, float)).toEqual({ images: 4, agreement: 50, top1: 100 / 3 });
  expect(heldOutAccuracy({ classes: [1], labels: [-1] }, float).top1).toBeUndefined();
});
