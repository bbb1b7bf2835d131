import { stat } from 'node:fs/promises';
import { toAppError } from '@shared/errors';
import type { Conversion } from '../formats/file-format';
import { findFormat } from '../formats/registry';
import type { ConvertJob, JobReporter, JobResults } from './job';

type ConvertReporter = Pick<JobReporter, 'note' | 'signal'>;

/** Writes the network of an ONNX file in the format of a runtime. What a compiler said of it goes into the result, and as sentences into the trial. */
export async function convert(job: ConvertJob, report: ConvertReporter): Promise<JobResults['convert']> {
  const converted = await convertAs(job, job.options, report);
  for (const note of converted?.notes ?? []) report.note(note);
  const { size } = await stat(job.outputPath);
  return { sizeBytes: size, ...(converted?.compiler && { compiler: converted.compiler }) };
}

async function convertAs(
  job: ConvertJob,
  options: Record<string, unknown>,
  report: ConvertReporter,
): Promise<Conversion | void> {
  try {
    return await findFormat(job.format).convert(job.modelPath, job.outputPath, job.card, options, report.signal);
  } catch (thrown) {
    const { code, facts } = toAppError(thrown);
    const end = facts.side === 'input' ? 'input' : 'output';
    if (job.isStrict || code !== 'format.no-codes' || options[end] === 'float32') throw thrown;
    report.note(`The ${job.format} file has float32 ${facts.side}, not ${facts.type}: ${facts.detail}.`);
    return convertAs(job, { ...options, [end]: 'float32' }, report);
  }
}
