import { AppError } from '@shared/errors';
import type { RunView } from '@shared/run';

/**
 * Keys of the steps of a trial that follow from a training that was stopped by hand: a resumed run does them in full. Throws `run.not-found`
 * for a trial that the run does not have.
 */
export function stoppedSteps(run: RunView, trial: string): string[] {
  const found = run.trials.find(({ id }) => id === trial);
  if (!found) throw new AppError('run.not-found', { run: `${run.id}: ${trial}`, path: 'this workspace' });
  return found.steps.filter(({ stopped }) => stopped).map(({ key }) => key);
}
