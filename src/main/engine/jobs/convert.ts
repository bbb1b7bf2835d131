import { stat } from 'node:fs/promises';
import { findFormat } from '../formats/registry';
import type { ConvertJob, JobReporter, JobResults } from './job';

/** Writes the network of an ONNX file in the format of a runtime. What a compiler said of it goes into the result, and as sentences into the trial. */
export async function convert(job: ConvertJob, report: Pick<JobReporter, 'note'>): Promise<JobResults['convert']> {
  const converted = await findFormat(job.format).convert(job.modelPath, job.outputPath, job.card, job.options);
  for (const note of converted?.notes ?? []) report.note(note);
  const { size } = await stat(job.outputPath);
  return { sizeBytes: size, ...(converted?.compiler && { compiler: converted.compiler }) };
}
