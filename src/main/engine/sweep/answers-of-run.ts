import type { TrialView } from '@shared/run';
import type { Predictions } from '../measure/accuracy/accuracy';
import type { Workspace } from '../store/workspace';
import { deploymentsOf, type TrialPlan } from './plan';

/** What the trials of a run answered, image by image, in a runtime or (undefined) in the first; undefined while it is not evaluated. */
export function answersOfRun(
  { runs, steps }: Pick<Workspace, 'runs' | 'steps'>,
  run: string,
): (trial: Pick<TrialView, 'id'>, runtime?: string) => Predictions | undefined {
  const deployments = new Map(runs.trials<TrialPlan>(run).map(({ id, plan }) => [id, deploymentsOf(plan)]));
  return ({ id }, runtime) => {
    const found = deployments.get(id)?.find((one) => runtime === undefined || one.runtime === runtime);
    return found && (steps.find(found.evaluate)?.result as Predictions | undefined);
  };
}
