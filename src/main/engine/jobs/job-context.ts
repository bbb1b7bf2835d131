import { openImagesInThread } from '../dataset/threaded-images';
import { createRandom } from '../compression/algebra/random';
import { loadClassifier } from '../onnx/classifier-network';
import { imagesKey } from './step-key';
import type { CalibrationImages, TechniqueContext } from '../compression/calibration/technique-context';
import type { CompressJob, JobReporter } from './job';
import { stepCache } from './step-cache';

export type CalibratedJob = Pick<
  CompressJob,
  'referencePath' | 'card' | 'calibration' | 'cacheFolder' | 'seed' | 'threads'
>;

/** What a technique gets to work with, from the order of a job. */
export function jobContext(job: CalibratedJob, report: JobReporter): TechniqueContext {
  return {
    card: job.card,
    calibration: calibrationImages(job, report),
    cached: stepCache(job.cacheFolder, imagesKey(job.calibration), job.card.input, job.card.preprocess),
    reference: () => loadClassifier(job.referencePath, job.card),
    seed: job.seed,
    threads: job.threads,
    rng: createRandom(job.seed),
    ...report,
  };
}

function calibrationImages(job: CalibratedJob, report: JobReporter): CalibrationImages {
  const images = openImagesInThread(job.calibration, job.card, { cacheFolder: job.cacheFolder, signal: report.signal });
  // Every pass meets the same broken images; people hear of each once.
  const logged = new Set<string>();
  return {
    count: images.count,
    async *batches(batchSize) {
      for await (const { data, shape } of images.batches(batchSize)) yield { data: data as Float32Array, shape };
      for (const { message } of images.problems) {
        if (!logged.has(message)) report.log(message);
        logged.add(message);
      }
    },
  };
}
