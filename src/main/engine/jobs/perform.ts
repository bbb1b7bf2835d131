import { findFormat } from '../formats/registry';
import { describeArtifact } from '../measure/describe';
import { compress } from './compress';
import { convert } from './convert';
import { evaluate } from './evaluate';
import { layers } from './layers';
import { measure } from './measure';
import { sensitivity } from './sensitivity';
import type { Job, JobReporter, JobResults } from './job';

/** Does a job in this process. */
export async function perform(job: Job, report: JobReporter): Promise<JobResults[Job['kind']]> {
  switch (job.kind) {
    case 'compress':
      return compress(job, report);
    case 'convert':
      return convert(job);
    case 'describe':
      return job.format === 'onnx' ? describeArtifact(job.modelPath) : findFormat(job.format).describe(job.modelPath);
    case 'evaluate':
      return evaluate(job, report);
    case 'layers':
      return layers(job, report);
    case 'measure':
      return measure(job, report);
    case 'sensitivity':
      return sensitivity(job, report);
  }
}
