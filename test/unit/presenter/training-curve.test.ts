import { expect, test } from 'vitest';
import { heldOutSentence, trainingCurve, trainingFacts } from '@shared/presenter/training-curve';
import type { TrainingRecord } from '@shared/training-record';

const record: TrainingRecord = {
  technique: 'finetune',
  batch: 16,
  steps: 200,
  heldOutImages: 112,
  losses: [
    { step: 100, loss: 2 },
    { step: 200, loss: 1 },
  ],
  heldOut: [
    { step: 0, loss: 5, agreement: 41.07, seconds: 0 },
    { step: 100, loss: 1.5, agreement: 78.57, seconds: 60 },
    { step: 200, loss: 1.75, agreement: 77.68, seconds: 120 },
  ],
  keptStep: 100,
  seconds: 120,
  waitedShare: 0.012,
};

test('lines lie between the least and the greatest loss, with a ring where weights were kept', () => {
  const curve = trainingCurve(record)!;
  expect(curve.heldOut.map(({ x }) => x)).toEqual([0, 0.5, 1]);
  expect(curve.kept).toEqual(curve.heldOut[1]);
  const heights = [...curve.trained, ...curve.heldOut].map(({ y }) => y);
  expect(Math.min(...heights)).toBeCloseTo(1 - Math.max(...heights));
  expect(curve.heldOut[0]!.y).toBeLessThan(curve.heldOut[2]!.y);
  expect(curve.stepTicks.map(({ text }) => text)).toEqual(['0', '50', '100', '150', '200']);
  expect(curve.lossTicks.map(({ text }) => text)).toEqual(['1', '2', '3', '4', '5']);
});

test('one point is no curve; equal losses are a flat one', () => {
  expect(trainingCurve({ ...record, losses: [], heldOut: record.heldOut.slice(0, 1) })).toBeUndefined();
  const flat = trainingCurve({ ...record, heldOut: [], losses: record.losses.map((point) => ({ ...point, loss: 0 })) });
  expect(flat!.trained.map(({ y }) => y)).toEqual([0.5, 0.5]);
});

test('words say what was gained on images that were held out, and what was kept', () => {
  expect(heldOutSentence(record)).toBe(
    'Loss on 112 images that were held out: 5.00 → 1.50; with the class of the float network: 41.1 % → 78.6 %.',
  );
  expect(heldOutSentence({ ...record, heldOut: [] })).toBe('No images were held out to judge by.');
  expect(trainingFacts(record)).toBe(
    'Weights of step 100 of 200 kept. 26.7 images/s, 2 min 0 s, 1.2 % of it waiting for images.',
  );
  expect(trainingFacts({ ...record, keptStep: 0 })).toContain(
    'No step of 200 brought a gain: the network stayed as it was.',
  );
});
