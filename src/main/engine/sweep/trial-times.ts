import type { LatencyTimes } from '@shared/latency-times';
import { trialOfRun } from '@shared/trial-of-run';
import type { JobResults } from '../jobs/job';
import type { Workspace } from '../store/workspace';
import type { TrialPlan } from './plan';

/** What single inferences of a trial took on a target; null where it is not measured, or was by a version that did not keep them. @throws `trial.not-found` */
export function trialTimes(
  { run, trial, target }: { run: string; trial: string; target: string },
  { runs, steps }: Pick<Workspace, 'runs' | 'steps'>,
): LatencyTimes | null {
  const { plan } = trialOfRun(runs.trials<TrialPlan>(run), run, trial);
  for (const { kind, key } of plan.steps) {
    const result = kind === 'measure' ? (steps.find(key)?.result as JobResults['measure'] | undefined) : undefined;
    if (result?.target === target) return result.times ?? null;
  }
  return null;
}
