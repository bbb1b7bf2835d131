import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { modelCardSchema } from '@shared/model-card';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { runInWorker } from '../../../src/main/engine/jobs/worker-process';
import { litertLibrary, tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { colourTflite } from '../../fixtures/colour-tflite';
import { writeColourPictures } from '../../fixtures/colour-pictures';
import { needs } from '../../fixtures/native-library';

const side = 8;
const count = Number(process.env.WHITTLE_HOSTILE_FILES ?? 200);
const atOnce = 4;
const card = modelCardSchema.parse({
  name: 'colour',
  input: { name: 'image', layout: 'NHWC', height: side, width: side },
  output: { name: 'scores', classes: 3 },
  preprocess: { resize: side, crop: side, mean: [128, 128, 128], std: [128, 128, 128] },
});
const libraries = [tfliteLibrary, litertLibrary].filter((library) => needs(library).isHere);
const reason = [tfliteLibrary, litertLibrary].map((library) => needs(library).title).join('');

let folder: string;
let images: ImageSet<'eval'>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whittle-hostile-'));
  const path = await writeColourPictures(join(folder, 'pictures'), ['red'], 1);
  const spec = { path, eval: 0, calibration: 0, train: 0, seed: 1 } as const;
  images = (await openDataset(spec, { cacheFolder: join(folder, 'cache') })).eval;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One to four bytes of the file are others. */
function mutated(file: Uint8Array, random: () => number): Uint8Array {
  const bytes = Uint8Array.from(file);
  for (let left = 1 + Math.floor(4 * random()); left > 0; left--)
    bytes[Math.floor(random() * bytes.length)] = Math.floor(256 * random());
  return bytes;
}

describe.skipIf(libraries.length === 0)(`damaged .tflite files in the worker of a runtime${reason}`, () => {
  it(`cost their own trial at most: ${count} of them`, { timeout: 3_600_000 }, async () => {
    const file = writeTflite(colourTflite(side, { codes: true }));
    const random = createRandom('hostile');
    const outcomes: Record<string, number> = {};
    const one = async (index: number): Promise<void> => {
      const modelPath = join(folder, `${index}.tflite`);
      writeFileSync(modelPath, mutated(file, random));
      const runtime = libraries[index % libraries.length]!.id;
      const never = new AbortController().signal;
      const events = { progress: () => undefined, note: () => undefined, log: () => undefined };
      const job = {
        kind: 'evaluate',
        modelPath,
        card,
        runtime,
        images,
        cacheFolder: join(folder, 'cache'),
        threads: 1,
      } as const;
      const outcome = await runInWorker(builtFile('worker.js'), job, events, {
        ...{ signal: never, graceMs: 500, stepMinutes: 0.5 },
      }).then(
        () => 'done',
        (thrown: unknown) => (thrown instanceof AppError && thrown.code !== 'internal' ? thrown.code : String(thrown)),
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    for (let from = 0; from < count; from += atOnce)
      await Promise.all(Array.from({ length: atOnce }, (_, index) => one(from + index)));
    // Each ended as a trial may end; nothing else came through, and this process is still here.
    const allowed = [
      'done',
      'model.runtime-rejected',
      'model.runtime-failed',
      'model.not-classifier',
      'model.differs',
      'worker.crashed',
      'step.time',
    ];
    expect(Object.keys(outcomes).filter((code) => !allowed.includes(code))).toEqual([]);
    expect(outcomes['model.runtime-rejected']).toBeGreaterThan(0);
    expect(outcomes.done).toBeGreaterThan(0);
  });
});
