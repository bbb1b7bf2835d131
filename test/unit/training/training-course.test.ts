import { expect, test } from 'vitest';
import {
  addJudgement,
  addLoss,
  lastLoss,
  newCourse,
  recordOf,
} from '../../../src/main/engine/training/training-course';
import { trainingNotes } from '../../../src/main/engine/training/training-notes';
import { trainingStage } from '../../../src/main/engine/training/training-stage';

test('losses are means of the steps since the point before', () => {
  const course = newCourse();
  expect(lastLoss(course)).toBeUndefined();
  for (const [step, loss] of [3, 1, 5].entries()) addLoss(course, step + 1, loss, step === 1);
  expect(course.losses).toEqual([{ step: 2, loss: 2 }]);
  expect(lastLoss(course)).toBe(5);
});

test('the best is the one with the least loss of those that may be kept, and what follows it is without gain', () => {
  const course = newCourse();
  const judge = (step: number, loss: number, mayKeep = true): boolean =>
    addJudgement(course, step, { loss, agreement: 0.25 }, mayKeep);
  expect(judge(0, 1, false)).toBe(false);
  expect([judge(1, 5), judge(2, 4), judge(3, 4), judge(4, 4.5)]).toEqual([true, true, false, false]);
  expect(course).toMatchObject({ best: { step: 2, loss: 4 }, withoutGain: 2 });
  // As it comes from a checkpoint.
  const resumed = JSON.parse(JSON.stringify(course)) as typeof course;
  expect(addJudgement(resumed, 5, { loss: 3 }, true)).toBe(true);
  expect(resumed).toMatchObject({ best: { step: 5, loss: 3 }, withoutGain: 0 });
  expect(resumed.heldOut.map(({ agreement }) => agreement)).toEqual([25, 25, 25, 25, 25, undefined]);
});

const facts = { done: 0, iterations: 200, batch: 16, mayEnd: false };

test('the stage tells what is known', () => {
  const course = newCourse();
  expect(trainingStage(course, facts)).toBe('training');
  addJudgement(course, 0, { loss: 1.2, agreement: 0.5 }, false);
  expect(trainingStage(course, facts)).toBe('training, held out 1.20, agreement 50.0 %');
  addLoss(course, 1, 0.5, false);
  course.seconds = 100;
  const later = { ...facts, done: 50 };
  expect(trainingStage(course, later)).toBe(
    'training, loss 0.500, held out 1.20, agreement 50.0 %, 8.00 images/s, 5 min 0 s left',
  );
  expect(trainingStage(course, { ...later, mayEnd: true })).toContain('at most 5 min 0 s left');
});

test('notes say what was gained, which weights are kept and whether images were waited for', () => {
  const course = newCourse();
  addJudgement(course, 0, { loss: 2, agreement: 0.25 }, false);
  for (const [step, loss] of [1, 0.5, 0.75].entries()) addJudgement(course, step + 1, { loss, agreement: 0.5 }, true);
  Object.assign(course, { seconds: 10, waitedMs: 2000 });
  const of = { technique: 'finetune', batch: 8, steps: 3, heldOutImages: 16 };
  const judgement = { before: 2, after: 0.5, images: 16, record: recordOf(course, { ...of, keptStep: 2 }) };
  expect(trainingNotes(judgement, 'the float network and labels')).toEqual([
    'Trained for 3 steps of 8 images, by the float network and labels.',
    'Loss on 16 images that were not trained on: 2.00 before, 0.500 after; the weights of step 2 were best and are kept.',
    'Of these images, 25.0 % had the class of the float network before, 50.0 % have it after.',
    'Steps waited for their images 20 % of the time: reading and decoding them is what limits the speed.',
  ]);
  const without = {
    before: 0.1,
    after: 0.5,
    images: 16,
    record: recordOf({ ...course, waitedMs: 900 }, { ...of, keptStep: 0 }),
  };
  expect(trainingNotes(without, 'the float network alone')).toEqual([
    'Trained for 3 steps of 8 images, by the float network alone.',
    'Loss on 16 images that were not trained on: 0.100 before, 0.500 after. It did not fall, so the network was left as it was; a smaller learningRate may gain something.',
  ]);
});

test('a record has four digits of each number', () => {
  const course = newCourse();
  addLoss(course, 1, 1 / 3, true);
  addJudgement(course, 1, { loss: 2 / 3, agreement: 1 / 3 }, true);
  Object.assign(course, { seconds: 123.456, waitedMs: 1000 });
  expect(recordOf(course, { technique: 't', batch: 1, steps: 1, heldOutImages: 3, keptStep: 1 })).toEqual({
    technique: 't',
    batch: 1,
    steps: 1,
    heldOutImages: 3,
    keptStep: 1,
    losses: [{ step: 1, loss: 0.3333 }],
    heldOut: [{ step: 1, loss: 0.6667, agreement: 33.33, seconds: 0 }],
    seconds: 123.5,
    waitedShare: 0.0081,
  });
});
