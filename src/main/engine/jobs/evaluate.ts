import { openImagesInThread } from '../dataset/threaded-images';
import { evaluateModel } from '../measure/accuracy/evaluate';
import { findRuntime } from '../runtimes/registry';
import type { EvaluateJob, JobReporter, JobResults } from './job';

/** Runs a model over the evaluation images, in the session options it would be deployed with. */
export async function evaluate(job: EvaluateJob, report: JobReporter): Promise<JobResults['evaluate']> {
  const images = openImagesInThread(job.images, job.card, { cacheFolder: job.cacheFolder, signal: report.signal });
  const { problems, ...predictions } = await evaluateModel({
    modelPath: job.modelPath,
    card: job.card,
    images,
    threads: job.threads,
    device: job.device,
    options: job.options,
    runtime: findRuntime(job.runtime),
    progress: report.progress,
    note: report.note,
    signal: report.signal,
  });
  for (const problem of problems) report.log(problem.message);
  return predictions;
}
