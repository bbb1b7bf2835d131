import { AppError } from '@shared/errors';
import { saveModel } from '../onnx/save';
import { loadModel } from '../onnx/load';
import { openImagesInThread } from '../dataset/threaded-images';
import { imagesKey } from '../sweep/step-key';
import { createRandom } from '../math/random';
import { applyStep } from '../techniques/apply-step';
import type { CalibrationImages } from '../techniques/technique';
import { stat } from 'node:fs/promises';
import type { CompressJob, JobReporter, JobResults } from './job';
import { stepCache } from './step-cache';

/** Applies one technique to a model file and writes the result. */
export async function compress(job: CompressJob, report: JobReporter): Promise<JobResults['compress']> {
  const graph = await loadModel(job.modelPath);
  if (graph.inputs[0]?.type === 'uint8') {
    const detail = 'it takes raw pixels and is integer-only already; compress the network it came from';
    throw new AppError('technique.not-applicable', { id: job.technique, model: job.card.name, detail });
  }
  const result = await applyStep(graph, job.technique, job.params, {
    card: job.card,
    calibration: await calibrationImages(job, report),
    cached: stepCache(job.cacheFolder, imagesKey(job.calibration), job.card.input, job.card.preprocess),
    reference: () => loadModel(job.referencePath),
    seed: job.seed,
    threads: job.threads,
    rng: createRandom(job.seed),
    ...report,
  });
  report.progress('saving', 0, 1);
  await saveModel(result, job.outputPath);
  const { size } = await stat(job.outputPath);
  return { sizeBytes: size };
}

async function calibrationImages(job: CompressJob, report: JobReporter): Promise<CalibrationImages> {
  const images = openImagesInThread(job.calibration, job.card, { cacheFolder: job.cacheFolder, signal: report.signal });
  return {
    count: images.count,
    async *batches(batchSize) {
      for await (const { data, shape } of images.batches(batchSize)) yield { data: data as Float32Array, shape };
      for (const problem of images.problems) report.log(problem.message);
    },
  };
}
