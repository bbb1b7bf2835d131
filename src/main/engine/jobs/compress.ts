import { AppError } from '@shared/errors';
import { saveModel } from '../onnx/save';
import { loadClassifier } from '../onnx/classifier-network';
import { applyStep } from '../techniques/apply-step';
import { stat } from 'node:fs/promises';
import type { CompressJob, JobReporter, JobResults } from './job';
import { jobContext } from './job-context';

/** Applies one technique to a model file and writes the result. */
export async function compress(job: CompressJob, report: JobReporter): Promise<JobResults['compress']> {
  const graph = await loadClassifier(job.modelPath, job.card);
  if (graph.inputs[0]?.type === 'uint8') {
    const detail = 'it takes raw pixels and is integer-only already; compress the network it came from';
    throw new AppError('technique.not-applicable', { id: job.technique, model: job.card.name, detail });
  }
  const result = await applyStep(graph, job.technique, job.params, jobContext(job, report));
  report.progress('saving', 0, 1);
  await saveModel(result, job.outputPath);
  const { size } = await stat(job.outputPath);
  return { sizeBytes: size };
}
