import type { JobReporter, JobResults, WorkerJob } from './job';

/** Does a job in this process. Loads only what that job needs: a process is started for each, some of them for a moment's work. */
export async function perform(job: WorkerJob, report: JobReporter): Promise<JobResults[WorkerJob['kind']]> {
  switch (job.kind) {
    case 'compress':
      return (await import('./compress')).compress(job, report);
    case 'convert':
      return (await import('./convert')).convert(job, report);
    case 'coral-test':
      return (await import('./coral-test')).coralTest(job);
    case 'describe':
      if (job.format !== 'onnx')
        return (await import('../formats/registry')).findFormat(job.format).describe(job.modelPath);
      return (await import('../measure/file/describe')).describeArtifact(job.modelPath);
    case 'evaluate':
      return (await import('./evaluate')).evaluate(job, report);
    case 'layers':
      return (await import('./layers')).layers(job, report);
    case 'measure':
      return (await import('./measure')).measure(job, report);
    case 'sensitivity':
      return (await import('./sensitivity')).sensitivity(job, report);
    case 'session-pair':
      return (await import('./session-pair')).sessionPair(job, report);
    case 'try-preprocess':
      return (await import('./try-preprocess')).tryPreprocess(job, report);
  }
}
