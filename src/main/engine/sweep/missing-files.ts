import { AppError } from '@shared/errors';
import type { Workspace } from '../store/workspace';
import { deploymentsOf, type FileReference, type TrialPlan } from './plan';

/** The float network that the trial's file is compared with: what its last function-preserving step before a lossy one wrote. */
export function referenceOf(plan: TrialPlan): FileReference {
  const last = plan.steps.flatMap(({ order }) => (order.kind === 'compress' ? [order.reference] : [])).at(-1);
  return last ?? { model: plan.model };
}

/** Keys of the steps whose files a trial shows and that were made once and are gone. */
export function missingFiles(plan: TrialPlan, { steps, artifacts }: Pick<Workspace, 'steps' | 'artifacts'>): string[] {
  const files = [
    plan.artifact,
    referenceOf(plan),
    ...[...deploymentsOf(plan), ...(plan.files ?? [])].map(({ file }) => file),
  ];
  const missing = files.flatMap((file) => {
    if ('model' in file) return [];
    const artifact = steps.find(file.step)?.artifact;
    return artifact === undefined || artifacts.has(artifact, file.format) ? [] : [file.step];
  });
  return [...new Set(missing)];
}

/** @throws `artifact.collected` where a file of the trial is gone */
export function checkFiles(plan: TrialPlan, workspace: Pick<Workspace, 'steps' | 'artifacts'>): void {
  if (missingFiles(plan, workspace).length > 0) throw new AppError('artifact.collected', { trial: plan.id });
}
