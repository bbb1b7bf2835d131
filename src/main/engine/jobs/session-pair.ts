import { latencyInputSeed } from '../measure/latency/latency';
import { runSessionPair } from '../measure/latency/session-pair';
import type { JobReporter, JobResults, SessionPairJob } from './job';
import { sessionOfTarget } from './session-of-target';

/** Runs candidate and baseline in turns in this process. It says nothing meanwhile: a message would wake the processes above. */
export async function sessionPair(job: SessionPairJob, { signal }: JobReporter): Promise<JobResults['session-pair']> {
  const { candidatePath, baselinePath, card, target, baselineCard = card, baselineTarget = target, seed, order } = job;
  return runSessionPair({
    ...order,
    ...sessionOfTarget(target),
    candidatePath,
    baselinePath,
    card,
    baseline: { card: baselineCard, ...sessionOfTarget(baselineTarget) },
    seed: latencyInputSeed(seed),
    signal,
  });
}
