import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { datasetSpecSchema } from '../../src/shared/dataset';
import { openDataset } from '../../src/main/engine/dataset/open-dataset';
import { openImagesInThread } from '../../src/main/engine/dataset/threaded-images';
import { accuracyMetrics } from '../../src/main/engine/measure/accuracy/accuracy';
import { evaluateModel } from '../../src/main/engine/measure/accuracy/evaluate';
import { ort } from '../../src/main/engine/runtimes/ort';
import { cardOf } from './card';
import { cardPath, datasetFolder, modelPath, workFolder } from './folders';
import type { NetworkName } from './networks';

/** Measures a network's file on the evaluation pictures, as Whittle measures any, and writes its card. */
export async function writeCard(name: NetworkName): Promise<void> {
  const path = modelPath(name);
  const file = await readFile(path);
  const measured = { sha256: createHash('sha256').update(file).digest('hex'), bytes: file.length };
  const card = cardOf(name, measured);
  const cacheFolder = workFolder;
  const spec = datasetSpecSchema.parse({ path: datasetFolder, eval: 400, calibration: 0 });
  const { eval: images } = await openDataset(spec, { cacheFolder });
  const { signal } = new AbortController();
  const opened = openImagesInThread(images, card, { cacheFolder });
  const options = {
    modelPath: path,
    card,
    images: opened,
    runtime: ort,
    threads: 1,
    signal,
    progress: () => undefined,
  };
  const { top1, top1Interval, top5, n } = accuracyMetrics(await evaluateModel(options));
  const reference = { dataset: `starter/eval (${n} images)`, top1, ...(top5 !== undefined && { top5 }) };
  await writeFile(cardPath(name), `${JSON.stringify({ ...card, reference }, null, 2)}\n`);
  console.log(`${name}: ${file.length} bytes, top-1 ${top1} (${top1Interval?.join(' to ')}), top-5 ${top5}`);
}
