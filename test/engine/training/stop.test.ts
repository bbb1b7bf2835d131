import { expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { adamW } from '../../../src/main/engine/gradients/optimizers';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { fineTune, type FineTuned, type FineTuneOptions } from '../../../src/main/engine/training/fine-tune';
import { trainingNotes } from '../../../src/main/engine/training/training-notes';
import { contextFor, fingerprintOf, images } from '../techniques/small-networks';
import { wholeCard, wholeNetwork } from '../techniques/whole-network';

const [student, teacher] = [simplify(wholeNetwork(3)), simplify(wholeNetwork(4))];

/** Trains for 20 steps, of which an epoch has 9. @param stopAt the step during which somebody stops it */
async function tuned(
  stopAt: number,
  { checkpoint, ...other }: Partial<FineTuneOptions> & Pick<TechniqueContext, 'checkpoint'> = {},
): Promise<FineTuned> {
  const stop = new AbortController();
  const context: TechniqueContext = {
    ...contextFor(wholeCard(student), images(80), [3, 12, 12]),
    checkpoint,
    stop: stop.signal,
    progress: (_stage, done) => done === stopAt && stop.abort(),
  };
  const options = {
    batch: 8,
    iterations: 20,
    learningRate: 1e-3,
    weightDecay: 1e-4,
    optimizer: adamW(),
    temperature: 2,
  };
  const more = { labelShare: 0, featureWeight: 0, augmentation: augmentations.gentle };
  return fineTune('test', student, teacher, context.images('train'), { ...options, ...more, ...other }, context);
}

function kept(): NonNullable<TechniqueContext['checkpoint']> {
  let bytes: Uint8Array | undefined;
  return { save: async (next) => void (bytes = next.slice()), latest: async () => bytes };
}

test('stopped, it ends after the step under way with the best so far, and says so', async () => {
  const { graph, judgement } = await tuned(3);
  expect(judgement.record).toMatchObject({ steps: 4, keptStep: 4, stopped: { of: 20, stepsOfEpoch: 9 } });
  // Judged where it was stopped: whether that is better than before must be known.
  expect(judgement.record.heldOut.map(({ step }) => step)).toEqual([0, 4]);
  expect(judgement.after).toBeLessThan(judgement.before!);
  expect(fingerprintOf(graph)).not.toBe(fingerprintOf(student));
  expect(trainingNotes(judgement, 'the float network')[0]).toBe(
    'Trained for 4 steps of 8 images, by the float network. It was stopped by hand after 0.4 of 2.2 epochs (step 4 of 20).',
  );
});

test('what a step further on made worse is not kept', async () => {
  const { graph, judgement } = await tuned(3, { learningRate: 30 });
  expect(judgement.record).toMatchObject({ steps: 4, keptStep: 0, stopped: { of: 20 } });
  expect(fingerprintOf(graph)).toBe(fingerprintOf(student));
});

test('whoever trains on has the same bytes in the end as without a stop', async () => {
  const straight = await tuned(Infinity);
  // Within an epoch, at its end, where it is judged anyway, and twice on the way.
  for (const stops of [[4], [8], [2, 13]]) {
    const checkpoint = kept();
    for (const stopAt of stops) expect((await tuned(stopAt, { checkpoint })).judgement.record.stopped).toBeDefined();
    const { graph, judgement } = await tuned(Infinity, { checkpoint });
    expect(fingerprintOf(graph)).toBe(fingerprintOf(straight.graph));
    expect(judgement.record.heldOut.map(({ step }) => step)).toEqual(
      straight.judgement.record.heldOut.map(({ step }) => step),
    );
    expect(judgement.record.stopped).toBeUndefined();
  }
});

test('a stop during the last step changes nothing', async () => {
  const { graph, judgement } = await tuned(19);
  expect(judgement.record.stopped).toBeUndefined();
  expect(fingerprintOf(graph)).toBe(fingerprintOf((await tuned(Infinity)).graph));
});

test('before weights have the form that is wanted there are none to keep', async () => {
  const early = await tuned(3, { keepFrom: 6 });
  expect(early.judgement.record).toMatchObject({ steps: 4, keptStep: 0 });
  expect(fingerprintOf(early.graph)).toBe(fingerprintOf(student));
  const late = await tuned(7, { keepFrom: 6 });
  expect(late.judgement.record).toMatchObject({ steps: 8, keptStep: 8 });
});
