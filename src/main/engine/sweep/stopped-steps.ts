import type { RunView } from '@shared/run';
import { trialOfRun } from '@shared/trial-of-run';

/**
 * Keys of the steps of a trial that follow from a training that was stopped by hand: a resumed run does them in full. Throws `trial.not-found`
 * for a trial that the run does not have.
 */
export function stoppedSteps(run: RunView, trial: string): string[] {
  return trialOfRun(run.trials, run.id, trial)
    .steps.filter(({ stopped }) => stopped)
    .map(({ key }) => key);
}
