import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import { networkWithExits } from '../../../src/main/engine/exits/network-with-exits';
import { exitNetwork } from '../../../src/main/engine/exits/exit-network';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { measuredImages } from '../../../src/main/engine/jobs/measured-images';
import type { MeasureJob } from '../../../src/main/engine/jobs/job';
import { runInWorker } from '../../../src/main/engine/jobs/worker-process';
import { float32Tensor } from '../../../src/main/engine/onnx/make';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { writeColourPictures } from '../../fixtures/colour-pictures';
import { saveSmallClassifier, smallCard, smallClassifier } from '../measure/small-classifier';

const weights = [
  [0, 0, 0],
  [1, 1, 1],
];
const [bright, dark] = [6, 10];
let folder = '';
let set: ImageSet<'eval'>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'measure-images-'));
  await writeColourPictures(join(folder, 'dark'), ['dark'], dark);
  await writeColourPictures(join(folder, 'bright'), ['bright'], bright);
  const pictures = (colour: string, count: number, label: number) =>
    Array.from({ length: count }, (_, index) => {
      const path = join(folder, colour, 'val', `${colour}-${index}.png`);
      return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex'), label };
    });
  const entries = [...pictures('dark', dark, 0), ...pictures('bright', bright, 1)];
  set = { split: 'eval', entries, alreadyResized: false };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('takes other images for each pair, until all had their turn', () => {
  const imagesOf = measuredImages(
    { ...set, entries: Array.from({ length: 100 }, (_, at) => ({ path: `${at}`, hash: `${at}`, label: 0 })) },
    1,
  );
  const paths = [0, 1, 2, 3].flatMap((pair) => imagesOf(pair).entries.map(({ path }) => path));
  expect(paths).toHaveLength(128);
  expect(new Set(paths.slice(0, 100)).size).toBe(100);
  expect(paths.slice(100)).toEqual(paths.slice(0, 28));
  expect(paths.slice(0, 32)).not.toEqual(Array.from({ length: 32 }, (_, at) => `${at}`));
});

it('measures over images what depends on the image, and tells how many left early', async () => {
  const network = smallClassifier({ weights, idleLayers: 400 });
  const { single, places, answer } = exitNetwork(network, [0.01], 'exits', 'small');
  // Of bright pictures it is sure; dark ones, whose channels are -0.686 each, are halfway between the classes.
  const head = { weight: float32Tensor([2, 3], [0, 0, 0, 20, 20, 20]), bias: float32Tensor([2], [0, 41.2]) };
  const early = networkWithExits(single, [{ place: places[0]!, head, threshold: 0.99, name: 'exit_1' }], answer);
  const candidatePath = join(folder, 'early.onnx');
  await saveModel(early, candidatePath);
  const baselinePath = await saveSmallClassifier(join(folder, 'whole.onnx'), { weights, idleLayers: 400 });
  const job: MeasureJob = {
    kind: 'measure',
    candidatePath,
    baselinePath,
    card: smallCard(2),
    target: { runtime: 'ort-cpu', threads: 1 },
    mode: 'brief',
    seed: 1,
    images: set,
    cacheFolder: join(folder, 'cache'),
  };
  const notes: string[] = [];
  const events = { progress: () => undefined, note: (sentence: string) => notes.push(sentence), log: () => undefined };
  const limits = { signal: new AbortController().signal, graceMs: 3000 };
  const metrics = await runInWorker(builtFile('worker.js'), job, events, limits);
  expect(metrics).toMatchObject({ rounds: 24, n: 6 * 32 });
  expect(metrics.leftEarly).toEqual([{ node: 'exit_1', percent: 37.5 }]);
  const { ratio, ratioInterval, p50Ms, p90Ms, meanMs } = metrics;
  expect(ratioInterval[0] <= ratio && ratio <= ratioInterval[1]).toBe(true);
  expect(p50Ms).toBeLessThanOrEqual(p90Ms);
  expect(meanMs).toBeGreaterThan(0);
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(
    /^ort-cpu x1: since its time may depend on the image, 16 evaluation images were timed, one at a time: \S+ ms in the mean \(×\S+ beside the baseline\), p50 \S+ ms, p90 \S+ ms; 38 % left early \(38 % at exit_1\)\. Memory and cold start are those of a made-up image that leaves early\.$/,
  );
});
