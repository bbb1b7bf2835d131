import { describe, expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { adamW } from '../../../src/main/engine/gradients/optimizers';
import { copyGraph, type Graph, type Tensor } from '../../../src/main/engine/onnx/graph';
import { float32Tensor } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { fineTune } from '../../../src/main/engine/training/fine-tune';
import { maskedTraining, type MasksBefore } from '../../../src/main/engine/training/masked-training';
import { contextFor, fingerprintOf, images } from '../techniques/small-networks';
import { wholeCard, wholeNetwork } from '../techniques/whole-network';

const [dense, teacher] = [simplify(wholeNetwork(3)), simplify(wholeNetwork(4))];
const weights = new Map(weightLayers(dense).map(({ weightName, weight }) => [weightName, weight]));
const decay = 1e-4;

const numbersOf = (tensor: Tensor): Float32Array => tensor.data as Float32Array;

/** The network with each weight times its mask. */
function pruned(masks: ReadonlyMap<string, Float32Array>): Graph {
  const graph = copyGraph(dense);
  for (const [name, mask] of masks) {
    const { shape, data } = weights.get(name)!;
    graph.initializers.set(
      name,
      float32Tensor(
        shape,
        (data as Float32Array).map((weight, at) => weight * mask[at]!),
      ),
    );
  }
  return graph;
}

/** Masks of every other weight, from the first or from the second. */
const everyOther = (first: number): Map<string, Float32Array> =>
  new Map(
    [...weights].map(([name, { data }]) => [
      name,
      (data as Float32Array).map((_, at) => ((at + first) % 2 === 0 ? 1 : 0)),
    ]),
  );

/** Masks of the weights that are above the median of their layer now: they depend on all steps before. */
function aboveMedian(now: ReadonlyMap<string, Tensor>): Map<string, Float32Array> {
  return new Map(
    [...weights.keys()].map((name) => {
      const magnitudes = numbersOf(now.get(name)!).map(Math.abs);
      const median = magnitudes.slice().sort()[magnitudes.length >> 1]!;
      return [name, magnitudes.map((magnitude) => (magnitude >= median ? 1 : 0))];
    }),
  );
}

type Checkpoint = NonNullable<TechniqueContext['checkpoint']>;
interface Order {
  start?: Graph;
  checkpoint?: Checkpoint;
  stopAt?: number;
}

/** Trains 12 steps of 8 images, or until a step begins; too few images for any to judge. */
async function trained(masksBefore: MasksBefore, { start = dense, checkpoint, stopAt }: Order = {}): Promise<Graph> {
  const controller = new AbortController();
  const context: TechniqueContext = {
    ...contextFor(wholeCard(dense), images(60), [3, 12, 12], controller.signal),
    checkpoint,
    progress: (_stage, done) => done === stopAt && controller.abort(),
  };
  const options = { batch: 8, iterations: 12, learningRate: 1e-3, weightDecay: decay, temperature: 2, checkpointMs: 0 };
  const optimizer = adamW();
  const more = { labelShare: 0, featureWeight: 0, augmentation: augmentations.gentle, optimizer };
  const masked = maskedTraining(weights, decay, masksBefore);
  const order = { ...options, ...more, ...masked };
  return (await fineTune('test', start, teacher, context.images('train'), order, context)).graph;
}

describe('masks that change on the way', () => {
  test('the last ones are the zeros of the result; a weight that was hidden comes back with the value it had', async () => {
    const seen: ReadonlyMap<string, Tensor>[] = [];
    const result = await trained((step, now) => {
      if (step === 0) return everyOther(0);
      if (step !== 6) return undefined;
      seen.push(now());
      return everyOther(1);
    });
    for (const [name, weight] of weights) {
      const [before, now, after] = [weight, seen[0]!.get(name)!, result.initializers.get(name)!].map(numbersOf);
      const at = (first: number) => (_: number, index: number) => index % 2 === first;
      // Of hidden weights only the decay takes something: 6 steps of at most 1e-3 times 1e-4, times the rate of large weights.
      const hidden = before!.filter(at(1));
      now!.filter(at(1)).forEach((value, index) => expect(value).toBeCloseTo(hidden[index]!, 4));
      expect(now!.filter(at(0))).not.toEqual(before!.filter(at(0)));
      expect(after!.filter(at(0)).every((value) => Object.is(value, 0))).toBe(true);
      expect(after!.filter(at(1)).every((value) => value !== 0)).toBe(true);
    }
  });

  test('all of a mask is what training without masks gives', async () => {
    const all = new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length).fill(1)]));
    const [masked, plain] = [await trained(() => undefined), await trained((step) => (step === 0 ? all : undefined))];
    expect(fingerprintOf(masked)).toBe(fingerprintOf(plain));
  });

  test('what comes in is judged with its zeros, and comes back where nothing was gained', async () => {
    const most = new Map(
      [...weights].map(([name, { data }]) => [name, (data as Float32Array).map((_, at) => (at === 0 ? 0 : 1))]),
    );
    const start = pruned(most);
    const context = contextFor(wholeCard(dense), images(96));
    const options = { batch: 8, iterations: 1, learningRate: 1e-9, weightDecay: 0, temperature: 2, checkpointMs: 0 };
    const optimizer = adamW();
    const more = { labelShare: 0, featureWeight: 0, augmentation: augmentations.gentle, optimizer };
    const none = new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length)]));
    const masked = maskedTraining(weights, 0, () => none);
    const order = { ...options, ...more, ...masked };
    const { graph, judgement } = await fineTune('test', start, dense, context.images('train'), order, context);
    expect(judgement.before).toBeGreaterThan(0);
    expect(judgement.after).toBeGreaterThan(judgement.before!);
    expect(fingerprintOf(graph)).toBe(fingerprintOf(start));
  });

  test('a run that is interrupted again and again ends with the same bytes', async () => {
    const masksBefore: MasksBefore = (step, now) => (step % 3 === 0 && step <= 6 ? aboveMedian(now()) : undefined);
    let bytes: Uint8Array | undefined;
    const checkpoint: Checkpoint = {
      save: async (next) => void (bytes = next.slice()),
      latest: async () => bytes,
    };
    // Before the first masks, when they change, between two, and when they are fixed.
    for (const stopAt of [0, 3, 4, 6, 7, 10])
      await expect(trained(masksBefore, { checkpoint, stopAt })).rejects.toThrow(new AppError('cancelled').message);
    const resumed = await trained(masksBefore, { checkpoint });
    expect(fingerprintOf(resumed)).toBe(fingerprintOf(await trained(masksBefore)));
    expect(fingerprintOf(resumed)).not.toBe(fingerprintOf(await trained(() => undefined)));
  });
});
