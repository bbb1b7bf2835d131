import { saveModel } from '../onnx/save';
import { loadModel } from '../onnx/load';
import { openImages } from '../dataset/image-batches';
import { createRandom } from '../math/random';
import { parseParams } from '../techniques/parse-params';
import { findTechnique } from '../techniques/registry';
import type { CalibrationImages } from '../techniques/technique';
import { stat } from 'node:fs/promises';
import type { CompressJob, JobReporter, JobResults } from './job';

/** Applies one technique to a model file and writes the result. */
export async function compress(job: CompressJob, report: JobReporter): Promise<JobResults['compress']> {
  const technique = findTechnique(job.technique);
  const params = parseParams(technique, job.params);
  const graph = await loadModel(job.modelPath);
  const result = await technique.apply(graph, params, {
    card: job.card,
    calibration: await calibrationImages(job, report),
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
  const images = await openImages(job.calibration, job.card, { cacheFolder: job.cacheFolder, signal: report.signal });
  return {
    count: images.count,
    async *batches(batchSize) {
      for await (const { data, shape } of images.batches(batchSize)) yield { data, shape };
      for (const problem of images.problems) report.log(problem.message);
    },
  };
}
