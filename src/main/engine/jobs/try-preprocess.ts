import { defaultTarget } from '@shared/sweep-file';
import { openImagesInThread } from '../dataset/threaded-images';
import { tryPreprocess as measureCandidates } from '../measure/accuracy/try-preprocess';
import { findRuntime } from '../runtimes/registry';
import type { JobReporter, JobResults, TryPreprocessJob } from './job';

/** Runs a model over labelled images with every usual preprocessing. */
export async function tryPreprocess(job: TryPreprocessJob, report: JobReporter): Promise<JobResults['try-preprocess']> {
  const { modelPath, card, images, cacheFolder, threads } = job;
  return measureCandidates({
    modelPath,
    card,
    images: (candidate) => openImagesInThread(images, candidate, { cacheFolder, signal: report.signal }),
    runtime: findRuntime(defaultTarget.runtime),
    threads,
    ...report,
  });
}
