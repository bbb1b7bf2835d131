import { expect, test } from 'vitest';
import type { TrainingImages } from '../../../src/main/engine/compression/calibration/technique-context';
import type { LearningImages } from '../../../src/main/engine/training/learning-images';
import { plainTrainingImages } from '../../../src/main/engine/training/plain-training-images';
import { heldOutCount } from '../../../src/main/engine/training/run-training';

/** Images of one pixel, whose value is their number; the class is that times ten. */
const images = (count: number, isLabelled = true): TrainingImages => ({
  count,
  async *batches(size) {
    for (let first = 0; first < count; first += size) {
      const numbers = Array.from({ length: Math.min(size, count - first) }, (_, at) => first + at);
      const data = Float32Array.from(numbers);
      yield {
        data,
        shape: [numbers.length, 1, 1, 1],
        labels: numbers.map((number) => (isLabelled ? number * 10 : -1)),
      };
      // The next batch may overwrite it.
      data.fill(NaN);
    }
  },
});

async function epoch(from: LearningImages, number: number, { seed = 1, passed = 0 } = {}): Promise<number[]> {
  const numbers: number[] = [];
  const order = { seed, epoch: number, batch: 5, from: passed, lastBatch: 'drop' } as const;
  for await (const { pixels, shape, labels } of from.trainingBatches(order)) {
    expect(shape).toEqual([5, 1, 1, 1]);
    expect([...labels!]).toEqual([...pixels].map((pixel) => pixel * 10));
    numbers.push(...pixels);
  }
  return numbers;
}

test('an epoch has every image once, in an order of its own that the seed repeats', async () => {
  const all = await plainTrainingImages(images(35));
  const first = await epoch(all, 0);
  expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 35 }, (_, at) => at));
  expect(first).not.toEqual(first.toSorted((a, b) => a - b));
  expect(first).toEqual(await epoch(all, 0));
  expect(first).not.toEqual(await epoch(all, 1));
  expect(first).not.toEqual(await epoch(all, 0, { seed: 2 }));
  expect(await epoch(all, 0, { passed: 3 })).toEqual(first.slice(15));
});

test('images that judge are never trained on', async () => {
  const { heldOut, others } = (await plainTrainingImages(images(40))).holdOut(5, 1);
  const judges: number[] = [];
  for await (const { data, labels } of heldOut.batches(3)) {
    judges.push(...data);
    expect(labels).toEqual([...data].map((pixel) => pixel * 10));
  }
  expect(judges).toHaveLength(5);
  const trained = [...(await epoch(others, 0)), ...judges];
  expect(trained.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at));
  expect([heldOutCount(40, 5), heldOutCount(39, 5), heldOutCount(5000, 50)]).toEqual([5, 0, 100]);
});

test('more images than are held at once: the rest of a lot goes on to the next', async () => {
  const numbers = await epoch(await plainTrainingImages(images(1402)), 0);
  expect(numbers).toHaveLength(1400);
  expect(new Set(numbers).size).toBe(1400);
});

test('without labels there are none', async () => {
  const all = await plainTrainingImages(images(10, false));
  expect(all.isLabelled).toBe(false);
  for await (const batch of all.trainingBatches({ seed: 1, epoch: 0, batch: 5, lastBatch: 'drop' }))
    expect(batch.labels).toBeUndefined();
});
