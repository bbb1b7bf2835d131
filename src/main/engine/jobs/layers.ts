import { openImagesInThread } from '../dataset/threaded-images';
import { layerReport } from '../measure/layers/layer-report';
import type { JobReporter, JobResults, LayersJob } from './job';

/** Compares a file with the network it came from, layer by layer. */
export async function layers(job: LayersJob, report: JobReporter): Promise<JobResults['layers']> {
  const { originalPath, referencePath, candidatePath, card, calibration, cacheFolder, threads } = job;
  const images =
    calibration.entries.length > 0
      ? openImagesInThread(calibration, card, { cacheFolder, signal: report.signal })
      : undefined;
  return layerReport({ originalPath, referencePath, candidatePath, card, images, threads, ...report });
}
