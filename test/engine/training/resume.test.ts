import { expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { adamW, sgd, type Optimizer } from '../../../src/main/engine/gradients/optimizers';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/main/engine/training/checkpoint';
import { fineTune, type FineTuneOptions } from '../../../src/main/engine/training/fine-tune';
import { newCourse } from '../../../src/main/engine/training/training-course';
import { contextFor, fingerprintOf, images } from '../techniques/small-networks';
import { wholeCard, wholeNetwork } from '../techniques/whole-network';

const [student, teacher] = [simplify(wholeNetwork(3)), simplify(wholeNetwork(4))];
type Checkpoint = NonNullable<TechniqueContext['checkpoint']>;

/** Trains until a step begins, or to the end. */
async function tuned(
  optimizer: Optimizer,
  checkpoint?: Checkpoint,
  stopAt = Infinity,
  other: Partial<FineTuneOptions> = {},
): Promise<string> {
  const controller = new AbortController();
  const context: TechniqueContext = {
    ...contextFor(wholeCard(student), images(80), [3, 12, 12], controller.signal),
    checkpoint,
    progress: (_stage, done) => done === stopAt && controller.abort(),
  };
  const options = { batch: 8, iterations: 20, learningRate: 1e-3, weightDecay: 1e-4, optimizer, temperature: 2 };
  const more = { labelShare: 0, featureWeight: 0, augmentation: augmentations.gentle, checkpointMs: 0 };
  const { graph } = await fineTune(
    'test',
    student,
    teacher,
    context.images('train'),
    { ...options, ...more, ...other },
    context,
  );
  return fingerprintOf(graph);
}

test.each([
  ['SGD', sgd({ momentum: 0.9, nesterov: true })],
  ['AdamW', adamW()],
])('%s: a run that is interrupted again and again ends with the same bytes', async (_, optimizer) => {
  let [bytes, saves]: [Uint8Array | undefined, number] = [undefined, 0];
  const checkpoint: Checkpoint = {
    async save(next) {
      bytes = next.slice();
      saves++;
    },
    latest: async () => bytes,
  };
  // Within the first epoch of 9 batches, at its end, in later ones, and behind the last step.
  for (const stopAt of [0, 3, 7, 8, 9, 13, 18, 19])
    await expect(tuned(optimizer, checkpoint, stopAt)).rejects.toThrow(new AppError('cancelled').message);
  const resumed = await tuned(optimizer, checkpoint);
  expect(resumed).toBe(await tuned(optimizer));
  expect(resumed).not.toBe(fingerprintOf(student));
  // No step was done twice.
  expect(saves).toBe(19);
});

test('a loss that is no longer a number ends it, which is said', async () => {
  const optimizer = sgd({ momentum: 0.9, nesterov: true });
  await expect(tuned(optimizer, undefined, Infinity, { learningRate: 1e30 })).rejects.toThrow(
    /^test failed: the loss is no longer a number after \d+ steps; give a smaller learningRate\.$/,
  );
});

test('a checkpoint of another shape is not taken up', () => {
  const standing = { done: 3, epoch: 1, batches: 2, course: newCourse() };
  const bytes = encodeCheckpoint(standing, [Float32Array.of(1, 2), Float32Array.of(3)]);
  const into = [new Float32Array(1), new Float32Array(2)];
  expect(decodeCheckpoint(bytes, into)).toEqual(standing);
  expect(into.map((numbers) => [...numbers])).toEqual([[1], [2, 3]]);
  expect(decodeCheckpoint(bytes, [new Float32Array(4)])).toBeUndefined();
  expect(decodeCheckpoint(bytes.subarray(0, 2), [])).toBeUndefined();
  // At an odd address.
  expect(decodeCheckpoint(Buffer.concat([Buffer.of(0), bytes]).subarray(1), into)).toEqual(standing);
});
