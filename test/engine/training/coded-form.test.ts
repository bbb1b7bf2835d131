import { expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { readCodes } from '../../../src/main/engine/compression/storage/read-codes';
import { adamW } from '../../../src/main/engine/gradients/optimizers';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { codedForm } from '../../../src/main/engine/training/coded-form';
import { weightsBehindCodes } from '../../../src/main/engine/training/code-starts';
import { fineTune } from '../../../src/main/engine/training/fine-tune';
import { plainForm } from '../../../src/main/engine/training/trained-form';
import { contextFor, fingerprintOf, images, relativeError, runGraph } from '../techniques/small-networks';
import { wholeCard, wholeNetwork } from '../techniques/whole-network';

const teacher = simplify(wholeNetwork());
const context = (): TechniqueContext => contextFor(wholeCard(teacher), images(60));
const stored = applyStep(teacher, 'cluster.weights', { clusters: 5, rounding: 'nearest' }, context());
const adam = adamW();

test('a network in this form computes what the file does', async () => {
  for (const step of [
    { id: 'cluster.weights', params: { clusters: 5, per: 'channel' } },
    { id: 'quantize.weights', params: { bits: 3, scheme: 'linear', granularity: 'group', groupSize: 5 } },
    { id: 'binarize.weights', params: { bases: 2 } },
  ]) {
    const graph = await applyStep(teacher, step.id, step.params, context());
    const student = simplify(await decodeWeights(graph));
    const codes = [...(await readCodes(graph))].map(([name, coded]) => [name, { coded }] as const);
    expect(codes.length).toBeGreaterThan(5);
    const { graph: formed } = codedForm(new Map(codes), plainForm(0)).of(student);
    expect(relativeError(await runGraph(formed), await runGraph(graph))).toBeLessThan(1e-4);
  }
});

type Checkpoint = NonNullable<TechniqueContext['checkpoint']>;

/** Trains clusters whose members change, until a step begins or to the end. */
async function trained(checkpoint?: Checkpoint, stopAt = Infinity): Promise<string> {
  const controller = new AbortController();
  const run: TechniqueContext = {
    ...contextFor(wholeCard(teacher), images(60), [3, 12, 12], controller.signal),
    checkpoint,
    progress: (_stage, done) => done === stopAt && controller.abort(),
  };
  const graph = await stored;
  const student = simplify(await decodeWeights(graph));
  const coded = await readCodes(graph);
  const behind = weightsBehindCodes(coded, student, teacher);
  const form = codedForm(
    new Map([...coded].map(([name, each]) => [name, { coded: each, weights: behind.get(name) }])),
    plainForm(0),
  );
  // No image judges: whatever was learned is taken.
  const options = { batch: 16, iterations: 20, learningRate: 1e-3, weightDecay: 0, optimizer: adam, temperature: 2 };
  const more = { labelShare: 0, featureWeight: 0, augmentation: augmentations.gentle, checkpointMs: 0, form };
  const beforeStep = (step: number, session: Parameters<typeof form.takeCodes>[0]): void => {
    if (step > 0 && step % 4 === 0) form.takeCodes(session);
  };
  const all = { ...options, ...more, beforeStep };
  const { graph: tuned } = await fineTune('test', student, teacher, run.images('train'), all, run);
  expect(form.moved()).toBeGreaterThan(0);
  return fingerprintOf(tuned);
}

test('a run that is interrupted again and again ends with the same codes and numbers', async () => {
  let bytes: Uint8Array | undefined;
  const checkpoint: Checkpoint = {
    async save(next) {
      bytes = next.slice();
    },
    latest: async () => bytes,
  };
  for (const stopAt of [0, 3, 4, 5, 9, 16])
    await expect(trained(checkpoint, stopAt)).rejects.toThrow(new AppError('cancelled').message);
  expect(await trained(checkpoint)).toBe(await trained());
});
