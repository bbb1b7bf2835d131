import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { hasDecodedWeights } from '../../../src/main/engine/compression/storage/sparse-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { countMacs } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { findTechnique } from '../../../src/main/engine/techniques/registry';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { handlingOf } from '../../../src/main/engine/techniques/technique';
import { plainTrainingImages } from '../../fixtures/plain-training-images';
import { contextFor, fingerprintOf, images, runGraph, type RecordedContext } from './small-networks';
import { wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const count = 96;

const contextWith = (more: Partial<TechniqueContext> = {}): RecordedContext => ({
  ...contextFor(wholeCard(network), images(count)),
  reference: () => Promise.resolve(network),
  ...more,
});

/** With labels: the classes of the float network, but for one image of eight. */
async function labelledContext(): Promise<RecordedContext> {
  const context = contextWith();
  const classes = classesOf(await runGraph(network, images(count)));
  const labels = classes.map((right, at) => (at % 8 === 0 ? (right + 1) % 10 : right));
  const train = plainTrainingImages({
    count,
    isLabelled: true,
    async *batches(size) {
      let first = 0;
      for await (const batch of context.calibration.batches(size)) {
        yield { ...batch, labels: labels.slice(first, first + batch.shape[0]!) };
        first += batch.shape[0]!;
      }
    },
  });
  return { ...context, images: (split) => ({ calibration: context.calibration, train })[split] };
}

function classesOf(scores: Float32Array): number[] {
  return Array.from({ length: scores.length / 10 }, (_, row) => {
    const own = scores.subarray(10 * row, 10 * (row + 1));
    return own.indexOf(Math.max(...own));
  });
}

const quick = { epochs: 4, batch: 8, learningRate: 1e-3, from: 0.2, by: 0.2, to: 0.8 };
const apply = (params: unknown, context = contextWith(), graph = network): Promise<Graph> =>
  applyStep(graph, 'iterate', params, context);

async function shareOfZeros(graph: Graph): Promise<number> {
  const layers = weightLayers(await decodeWeights(graph));
  const zeros = layers.map(({ weight }) => (weight.data as Float32Array).filter((value) => value === 0).length);
  const all = layers.reduce((sum, { weight }) => sum + weight.data.length, 0);
  return zeros.reduce((sum, each) => sum + each, 0) / all;
}

/** Rounds as the note gives them: how much was gone, agreement, top-1. */
function curveOf({ notes }: RecordedContext): { gone: number; agreement: number; top1: number }[] {
  const found = notes[0]!.matchAll(/(\S+) % gone: agreement (\S+) %(?:, top-1 (\S+) %)?/g);
  return [...found].map(([, gone, agreement, top1]) => ({
    gone: Number(gone),
    agreement: Number(agreement),
    top1: Number(top1),
  }));
}

describe('iterate', () => {
  test('stops where the promise would break and keeps the round before', async () => {
    const context = contextWith();
    const result = await apply({ ...quick, epochs: 1, from: 0.1, by: 0.4, to: 0.9, maxDrop: 50 }, context);
    const curve = curveOf(context);
    expect(context.notes[0]).toMatch(/^Rounds, judged on 24 images that were not trained on: 10 % gone: agreement/);
    const kept = curve.filter(({ agreement }) => 100 - agreement <= 50);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(3);
    expect(curve).toHaveLength(kept.length + 1);
    const { gone } = kept.at(-1)!;
    expect(context.notes[1]).toMatch(
      new RegExp(`^${gone} % of the weights are gone; ${gone + 40} % lost \\S+ points, more than maxDrop 50\\.$`),
    );
    expect(await shareOfZeros(result)).toBeCloseTo(gone / 100, 2);
    expect(hasDecodedWeights(result)).toBe(true);
    // Notes of the steps within are not those of the trial.
    expect(context.notes.join(' ')).not.toContain('Trained for');
    expect(context.steps.map(([stage]) => stage)).toContainEqual(expect.stringMatching(/^10 % gone: training/));
  });

  test('all rounds within the promise: the last amount', async () => {
    const context = contextWith();
    const result = await apply({ ...quick, epochs: 1, maxDrop: 100, to: 0.45 }, context);
    expect(curveOf(context).map(({ gone }) => gone)).toEqual([20, 40]);
    expect(await shareOfZeros(result)).toBeCloseTo(0.4, 2);
    expect(context.notes[1]).toContain('40 % of the weights are gone, the most that was asked for or found.');
  });

  test('no round within the promise: the network as it came, and that is said', async () => {
    const context = contextWith();
    const result = await apply({ ...quick, from: 0.8, epochs: 0.01, maxDrop: 0 }, context);
    expect(fingerprintOf({ ...result, metadata: {} })).toBe(fingerprintOf({ ...network, metadata: {} }));
    expect(context.notes[1]).toMatch(
      /^Already 80 % lost \S+ points, more than maxDrop 0: the network was left as it was\.$/,
    );
  });

  test('with labels the promise is of top-1', async () => {
    const context = await labelledContext();
    await apply({ ...quick, maxDrop: 100, to: 0.2 }, context);
    expect(context.notes[0]).toMatch(
      /on 24 images that were not trained on, of which the float network gets \S+ % right: /,
    );
    const [round] = curveOf(context);
    expect(round!.top1).toBeGreaterThan(0);
    const strict = await labelledContext();
    await apply({ ...quick, maxDrop: 0, from: 0.8, epochs: 0.01 }, strict);
    const [float] = /\d+\.\d(?= % right)/.exec(strict.notes[0]!)!;
    const lost = Number(/lost (\S+) points/.exec(strict.notes[1]!)![1]);
    expect(lost).toBeCloseTo(Number(float) - curveOf(strict)[0]!.top1, 0);
  });

  test('channels go in rounds too, by what is left of the whole', async () => {
    const context = contextWith();
    const result = await apply({ ...quick, technique: 'prune.channels', maxDrop: 100, to: 0.4 }, context);
    expect(curveOf(context)).toHaveLength(2);
    const left = countMacs(result) / countMacs(network);
    expect(left).toBeLessThan(0.75);
    expect(left).toBeGreaterThan(0.45);
    expect(context.notes[1]).toContain('40 % of the MACs are gone');
  });

  test('images that judge are seen by no step within', async () => {
    const context = contextWith();
    const refuse = (): never => {
      throw new Error('all images were asked for');
    };
    const { holdOut, ...whole } = context.images('train');
    const train = { ...whole, holdOut, batches: refuse, trainingBatches: refuse };
    const calibration = { count, batches: refuse };
    const params = { ...quick, technique: 'prune.secondOrder', epochs: 1, to: 0.2, maxDrop: 100 };
    const parts = contextWith({ calibration, images: (split) => ({ calibration, train })[split] });
    const [found, usual] = [await apply(params, parts), await apply(params, context)];
    expect(fingerprintOf(found)).toBe(fingerprintOf(usual));
    expect(curveOf(parts)).toHaveLength(1);
  });

  test('interrupted in any round, it ends with the same bytes', async () => {
    let bytes: Uint8Array | undefined;
    let saves = 0;
    const checkpoint = {
      save: async (next: Uint8Array) => {
        bytes = next.slice();
        saves++;
      },
      latest: async () => bytes,
    };
    const order = { ...quick, epochs: 1, maxDrop: 100, to: 0.6 };
    const until = (round: string): Promise<Graph> => {
      const controller = new AbortController();
      const progress = (stage: string): void =>
        void (stage.startsWith(`${round} % gone: training`) && controller.abort());
      return apply(order, contextWith({ checkpoint, progress, signal: controller.signal }));
    };
    for (const round of ['20', '40', '60'])
      await expect(until(round)).rejects.toThrow(new AppError('cancelled').message);
    const context = contextWith({ checkpoint });
    const resumed = await apply(order, context);
    const straight = contextWith();
    expect(fingerprintOf(resumed)).toBe(fingerprintOf(await apply(order, straight)));
    expect(context.notes).toEqual(straight.notes);
    // A round that was done is not done again.
    expect(saves).toBe(3);
  });
});

test('the form that it leaves is that of the technique within', () => {
  const iterate = findTechnique('iterate');
  const leaves = (params: unknown) => handlingOf(iterate, parseParams(iterate, params)).leaves.weights;
  expect(leaves({})).toBe('sparse');
  expect(leaves({ technique: 'prune.channels' })).toBeUndefined();
  expect(() => parseParams(iterate, { from: 0.5, to: 0.4 })).toThrow('"from" must not be above "to"');
});
