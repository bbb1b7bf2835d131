/**
 * Files of one network in two formats, side by side: bytes, top-1 of each runtime on the same images with what its answers share with ONNX
 * Runtime's, and, with --latency, the ratio of its time on one thread to ONNX Runtime's on the ONNX file, interleaved.
 * Usage: deployed-files FOLDER DATASET [--latency] [--images N] [--runtimes tflite,litert] [--only NAME]
 * FOLDER holds pairs NAME.onnx and NAME.tflite with their cards, as `whittle compress` writes them.
 */
import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { AppError } from '../src/shared/errors';
import { imagesFor } from '../src/main/engine/dataset/map-classes';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { builtFile } from '../src/main/engine/files/built-file';
import { runInWorker } from '../src/main/engine/jobs/worker-process';
import { accuracyMetrics, type Predictions } from '../src/main/engine/measure/accuracy/accuracy';
import { openAnyModel } from '../src/main/engine/models/model-folder';
import { checkTarget } from '../src/main/engine/runtimes/check-target';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    latency: { type: 'boolean' },
    images: { type: 'string', default: '1000' },
    runtimes: { type: 'string', default: 'tflite,litert' },
    only: { type: 'string' },
  },
});
const [folder = '.', path = '../shared/imagenet'] = positionals.map((word) => resolve(word));
const runtimes = values.runtimes.split(',');
const reference = 'ort-cpu';
for (const runtime of [reference, ...runtimes]) await checkTarget({ runtime, threads: 1 });

const cacheFolder = join(tmpdir(), 'whittle-deployed-files');
const spec = { path, eval: Number(values.images), calibration: 0, train: 0, seed: 1 } as const;
const dataset = await openDataset(spec, { cacheFolder });
const events = { progress: () => undefined, note: () => undefined, log: (line: string) => console.error(line) };
const never = { signal: new AbortController().signal, graceMs: 3000 };

const names = readdirSync(folder)
  .filter((name) => name.endsWith('.tflite'))
  .map((name) => name.slice(0, -'.tflite'.length))
  .filter((name) => values.only === undefined || name.includes(values.only));
for (const name of names) {
  const onnx = join(folder, `${name}.onnx`);
  const other = join(folder, `${name}.tflite`);
  const [bytes, otherBytes] = await Promise.all([onnx, other].map(async (file) => (await stat(file)).size));
  const parts = [`${name}  ${bytes} bytes, as .tflite ${otherBytes}`];
  if (values.latency)
    for (const runtime of runtimes) parts.push(await orRefusal(runtime, () => ratio(onnx, other, runtime)));
  else parts.push(...(await answers(onnx, other)));
  console.log(parts.join('  '));
}

async function answers(onnx: string, other: string): Promise<string[]> {
  const expected = await predict(onnx, reference);
  const texts = [`${reference} ${accuracyMetrics(expected).top1!.toFixed(1)}`];
  for (const runtime of runtimes) {
    const compared = async (): Promise<string> => {
      const found = accuracyMetrics(await predict(other, runtime), expected);
      const [low, high] = found.top1DeltaInterval!.map((end) => end.toFixed(1));
      return `${runtime} ${found.top1!.toFixed(1)}, ${found.top1Delta!.toFixed(1)} [${low}, ${high}], same first answer ${found.agreement!.toFixed(1)} %`;
    };
    texts.push(await orRefusal(runtime, compared));
  }
  return texts;
}

/** What a runtime says of a file that it does not take. */
async function orRefusal(runtime: string, measured: () => Promise<string>): Promise<string> {
  try {
    return await measured();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return `${runtime}: ${thrown.message}`;
  }
}

async function predict(modelPath: string, runtime: string): Promise<Predictions> {
  const { card } = await openAnyModel(modelPath);
  const images = imagesFor(dataset.eval, dataset, card);
  const job = { kind: 'evaluate', modelPath, card, runtime, images, cacheFolder, threads: 2 } as const;
  return runInWorker(builtFile('worker.js'), job, events, never);
}

async function ratio(baselinePath: string, candidatePath: string, runtime: string): Promise<string> {
  const [{ card: baselineCard }, { card }] = [await openAnyModel(baselinePath), await openAnyModel(candidatePath)];
  const job = {
    kind: 'measure',
    candidatePath,
    baselinePath,
    card,
    baselineCard,
    target: { runtime, threads: 1 },
    baselineTarget: { runtime: reference, threads: 1 },
    mode: 'quick',
    seed: 1,
  } as const;
  const measured = await runInWorker(builtFile('worker.js'), job, events, never);
  const { ratio: found, ratioInterval, disturbance, p50Ms, baselineP50Ms } = measured;
  const [low, high] = ratioInterval.map((end) => end.toFixed(3));
  const others = disturbance?.otherCpuShare;
  return (
    `${runtime} / ${reference} x${found.toFixed(3)} [${low}, ${high}] ${p50Ms.toFixed(2)} / ${baselineP50Ms.toFixed(2)} ms` +
    (others === undefined ? '' : ` others ${(100 * others).toFixed(1)} %`)
  );
}
