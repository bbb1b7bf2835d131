import { stat } from 'node:fs/promises';
import { findFormat } from '../formats/registry';
import type { ConvertJob, JobResults } from './job';

/** Writes the network of an ONNX file in the format of a runtime. */
export async function convert(job: ConvertJob): Promise<JobResults['convert']> {
  await findFormat(job.format).convert(job.modelPath, job.outputPath, job.card, job.options);
  return { sizeBytes: (await stat(job.outputPath)).size };
}
