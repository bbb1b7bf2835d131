import type { TrainingRecord } from '@shared/training-record';
import { saveModel } from '../onnx/save';
import { classifierNetwork } from '../onnx/classifier-network';
import { loadModel } from '../onnx/load';
import { applyStep } from '../techniques/apply-step';
import { stat } from 'node:fs/promises';
import type { CompressJob, JobReporter, JobResults } from './job';
import { jobContext } from './job-context';

/** Applies one technique to a model file and writes the result. */
export async function compress(job: CompressJob, report: JobReporter): Promise<JobResults['compress']> {
  const whole = await loadModel(job.modelPath);
  const graph = classifierNetwork(whole, job.card, job.modelPath);
  const dropped = whole.outputs.length - graph.outputs.length;
  if (dropped > 0) {
    const outputs = dropped === 1 ? 'Another output' : `${dropped} other outputs`;
    report.note(
      `${outputs} of the network and what only they need are left out: part of the gain in size and time is theirs.`,
    );
  }
  const training: TrainingRecord[] = [];
  const context = { ...jobContext(job, report), trained: (record: TrainingRecord) => void training.push(record) };
  const result = await applyStep(graph, job.technique, job.params, context);
  report.progress('saving', 0, 1);
  await saveModel(result, job.outputPath);
  const { size } = await stat(job.outputPath);
  return { sizeBytes: size, ...(training.length > 0 && { training }) };
}
