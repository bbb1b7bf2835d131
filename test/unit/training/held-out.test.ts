import { expect, test } from 'vitest';
import { heldOutCount } from '../../../src/main/engine/training/run-training';

test('one image of eight judges, in whole batches, up to 128; a batch where there are four', () => {
  expect([
    heldOutCount(40, 5),
    heldOutCount(39, 5),
    heldOutCount(20, 5),
    heldOutCount(19, 5),
    heldOutCount(5000, 50),
  ]).toEqual([5, 5, 5, 0, 100]);
});
