import { saveModel } from '../onnx/save';
import { loadClassifier } from '../onnx/classifier-network';
import { applyStep } from '../techniques/apply-step';
import { stat } from 'node:fs/promises';
import type { CompressJob, JobReporter, JobResults } from './job';
import { jobContext } from './job-context';

/** Applies one technique to a model file and writes the result. */
export async function compress(job: CompressJob, report: JobReporter): Promise<JobResults['compress']> {
  const graph = await loadClassifier(job.modelPath, job.card);
  const result = await applyStep(graph, job.technique, job.params, jobContext(job, report));
  report.progress('saving', 0, 1);
  await saveModel(result, job.outputPath);
  const { size } = await stat(job.outputPath);
  return { sizeBytes: size };
}
