import { targetName } from '@shared/sweep-file';
import { measureLatency } from '../measure/latency/latency';
import { measurePeakMemory } from '../measure/latency/memory';
import { findRuntime } from '../runtimes/registry';
import type { JobReporter, JobResults, MeasureJob } from './job';

/** Measures latency against the baseline in this process, which does nothing else. */
export async function measure(job: MeasureJob, report: JobReporter): Promise<JobResults['measure']> {
  const runtime = findRuntime(job.target.runtime);
  const { threads } = job.target;
  const { card } = job;
  report.progress('memory', 0, 1);
  const peakMemoryBytes = await measurePeakMemory({
    modelPath: job.candidatePath,
    card,
    runtime,
    threads,
    signal: report.signal,
  });
  const metrics = await measureLatency({
    candidatePath: job.candidatePath,
    baselinePath: job.baselinePath,
    card,
    runtime,
    threads,
    mode: job.mode,
    seed: job.seed,
    progress: report.progress,
    signal: report.signal,
  });
  return { ...metrics, target: targetName(job.target), peakMemoryBytes };
}
