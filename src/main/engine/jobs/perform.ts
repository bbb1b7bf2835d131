import { describeArtifact } from '../measure/describe';
import { compress } from './compress';
import { evaluate } from './evaluate';
import { layers } from './layers';
import { measure } from './measure';
import { sensitivity } from './sensitivity';
import { tryPreprocess } from './try-preprocess';
import type { Job, JobReporter, JobResults } from './job';

/** Does a job in this process. */
export async function perform(job: Job, report: JobReporter): Promise<JobResults[Job['kind']]> {
  switch (job.kind) {
    case 'compress':
      return compress(job, report);
    case 'describe':
      return describeArtifact(job.modelPath);
    case 'evaluate':
      return evaluate(job, report);
    case 'layers':
      return layers(job, report);
    case 'measure':
      return measure(job, report);
    case 'sensitivity':
      return sensitivity(job, report);
    case 'try-preprocess':
      return tryPreprocess(job, report);
  }
}
