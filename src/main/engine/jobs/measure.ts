import { targetName } from '@shared/sweep-file';
import { builtFile } from '../files/built-file';
import { latencyInputSeed, measureLatency } from '../measure/latency/latency';
import { measurePeakMemory } from '../measure/latency/memory';
import type { JobReporter, JobResults, MeasureJob } from './job';
import { sessionOfTarget } from './session-of-target';
import { runInWorker } from './worker-process';

/** A session pair keeps nothing; one that is inside a long inference when people cancel is killed after this. */
const pairGraceMs = 500;

/**
 * Measures memory and cold start in this process, which does nothing else, and latency against the baseline in fresh ones, one after
 * the other: where a process lays its memory out differs from the next and stays for as long as it lives.
 */
export async function measure(job: MeasureJob, report: JobReporter): Promise<JobResults['measure']> {
  const { candidatePath, baselinePath, card, target, baselineCard, baselineTarget, insteadOf, seed, mode } = job;
  const { signal, progress } = report;
  const model = { card, ...sessionOfTarget(target) };
  progress('memory', 0, 1);
  const peakMemoryBytes = await measurePeakMemory({ ...model, modelPath: candidatePath, signal });
  const workerPath = builtFile('worker.js');
  const metrics = await measureLatency({
    ...model,
    candidatePath,
    mode,
    seed: latencyInputSeed(seed),
    sessionPair: (order) =>
      runInWorker(
        workerPath,
        { kind: 'session-pair', candidatePath, baselinePath, card, target, baselineCard, baselineTarget, seed, order },
        report,
        { signal, graceMs: pairGraceMs },
      ),
    progress,
    signal,
  });
  const comparedWith = baselineTarget && targetName(baselineTarget);
  return {
    ...metrics,
    target: targetName(insteadOf ?? target),
    runtime: target.runtime,
    ...(comparedWith !== undefined && comparedWith !== targetName(target) && { baselineTarget: comparedWith }),
    peakMemoryBytes,
  };
}
