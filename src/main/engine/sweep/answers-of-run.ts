import type { TrialView } from '@shared/run';
import type { Predictions } from '../measure/accuracy/accuracy';
import type { Workspace } from '../store/workspace';
import { deploymentNamed, deploymentsOf, type TrialPlan } from './plan';

/** What the trials of a run answered, image by image, in a deployment by its name or (undefined) in the first; undefined while it is not evaluated. */
export function answersOfRun(
  { runs, steps }: Pick<Workspace, 'runs' | 'steps'>,
  run: string,
): (trial: Pick<TrialView, 'id'>, deployment?: string) => Predictions | undefined {
  const plans = new Map(runs.trials<TrialPlan>(run).map(({ id, plan }) => [id, plan]));
  return ({ id }, deployment) => {
    const plan = plans.get(id);
    const found = plan && (deployment === undefined ? deploymentsOf(plan)[0] : deploymentNamed(plan, deployment));
    return found && (steps.find(found.evaluate)?.result as Predictions | undefined);
  };
}
