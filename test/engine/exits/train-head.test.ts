import { expect, test } from 'vitest';
import { chooseRegression, ridgeStrengths } from '../../../src/main/engine/exits/choose-regression';
import { judgeExits } from '../../../src/main/engine/exits/judge-exits';
import type { SeenImages } from '../../../src/main/engine/exits/seen-images';
import { trainHead } from '../../../src/main/engine/exits/train-head';
import { float32Tensor } from '../../../src/main/engine/onnx/make';
import { noise } from '../../fixtures/graphs';

/** More channels than images, of which few tell anything. */
const [channels, telling, classes] = [256, 16, 8];

/** Features of which a few tell the scores. */
function seen(count: number, seed: number): SeenImages {
  const features = noise(count * channels, seed);
  const truth = noise(classes * channels, 7);
  const scores = new Float32Array(count * classes);
  const disturbance = noise(count * classes, seed + 1);
  for (let row = 0; row < count; row++)
    for (let at = 0; at < classes; at++) {
      let score = disturbance[row * classes + at]!;
      for (let channel = 0; channel < telling; channel++)
        score += 2 * truth[at * channels + channel]! * features[row * channels + channel]!;
      scores[row * classes + at] = score;
    }
  const labels = Float32Array.from({ length: count }, (_, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
  return { count, features: [Float32Array.from(features)], scores, labels };
}

function joined(a: SeenImages, b: SeenImages): SeenImages {
  const of = (x: Float32Array, y: Float32Array) => Float32Array.from([...x, ...y]);
  return {
    count: a.count + b.count,
    features: [of(a.features[0]!, b.features[0]!)],
    scores: of(a.scores, b.scores),
    labels: of(a.labels, b.labels),
  };
}

const [fitted, tuning, fresh] = [seen(64, 1), seen(32, 2), seen(2000, 3)];

async function agreement(
  parts: SeenImages[],
  { epochs = 60, labelShare = 0 } = {},
): Promise<{ percent: number; steps: Map<string, number> }> {
  const steps = new Map<string, number>();
  const context = {
    ...{ seed: 1, threads: 1, signal: new AbortController().signal },
    progress: (stage: string, _done: number, total: number) => void steps.set(stage, total),
  };
  const all = parts.reduce(joined);
  const options = { exit: 0, classes, epochs, images: all.count, labelShare };
  const head = await trainHead('exit.early', { all, parts }, options, context);
  const { agrees } = judgeExits(fresh, [head], [1])[0]!;
  return { percent: (100 * Array.from(agrees).filter(Boolean).length) / fresh.count, steps };
}

test('a head that is chosen on images held out from the fit answers more like the network than one that nobody watches', async () => {
  const [watched, unwatched] = [await agreement([fitted, tuning]), await agreement([joined(fitted, tuning)])];
  expect(watched.percent).toBeGreaterThan(unwatched.percent + 2);
  expect([...unwatched.steps.keys()]).toEqual(['training exit 1']);
  expect([...watched.steps.keys()]).toContain('choosing exit 1');
  expect((await agreement([fitted, tuning])).percent).toBe(watched.percent);
}, 60_000);

test('the epochs that were chosen are of the batches that they were chosen with', async () => {
  // Labels that the regression knows nothing of, so that the descent gains.
  const relabelled = [fitted, tuning].map((each) => ({
    ...each,
    labels: each.labels.map((label) => (label + 1) % classes),
  }));
  const { steps } = await agreement(relabelled, { epochs: 20, labelShare: 1 });
  const [stepsOfChoosing, stepsOfEpoch] = [64 / 32, 96 / 32];
  expect(steps.get('choosing exit 1')).toBe(20 * stepsOfChoosing);
  expect(steps.get('training exit 1')! % stepsOfEpoch).toBe(0);
}, 60_000);

test('of regressions the one with the least divergence is taken, with scores as large as they should be', async () => {
  const samples = { count: fresh.count, rows: fresh.features[0]!, scores: fresh.scores, labels: fresh.labels };
  const headOf = (by: number, seed: number) => ({
    weight: float32Tensor(
      [classes, channels],
      noise(classes * channels, seed).map((value, index) => (index % channels < telling ? value * by : 0)),
    ),
    bias: float32Tensor([classes], new Float32Array(classes)),
  });
  // The second has the weights that the scores were made with, four times too small.
  const heads = [headOf(2, 8), headOf(0.5, 7), headOf(1, 9)];
  const { at, scale } = await chooseRegression(heads, samples, 1);
  expect(at).toBe(1);
  expect(scale).toBeGreaterThan(1);
  const { scale: again } = await chooseRegression([headOf(0.25, 7)], samples, 1);
  expect(again / scale).toBeCloseTo(2, 1);
  expect(ridgeStrengths.toSorted((a, b) => a - b)).toEqual(ridgeStrengths);
});
