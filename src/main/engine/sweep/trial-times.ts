import { AppError } from '@shared/errors';
import type { LatencyTimes } from '@shared/latency-times';
import type { JobResults } from '../jobs/job';
import type { Workspace } from '../store/workspace';
import type { TrialPlan } from './plan';

/** What single inferences of a trial took on a target; null where it is not measured, or was by a version that did not keep them. @throws `run.not-found` */
export function trialTimes(
  { run, trial, target }: { run: string; trial: string; target: string },
  { runs, steps, folder }: Pick<Workspace, 'runs' | 'steps' | 'folder'>,
): LatencyTimes | null {
  const plan = runs.trials<TrialPlan>(run).find(({ id }) => id === trial)?.plan;
  if (!plan) throw new AppError('run.not-found', { run: `${run}: ${trial}`, path: folder });
  for (const { kind, key } of plan.steps) {
    const result = kind === 'measure' ? (steps.find(key)?.result as JobResults['measure'] | undefined) : undefined;
    if (result?.target === target) return result.times ?? null;
  }
  return null;
}
