import { AppError } from '@shared/errors';
import { disturbanceText } from '@shared/presenter/disturbance';
import type { RunView } from '@shared/run';

/**
 * Keys of the measurements to take again: the disturbed ones of a run, or all of the given trials. A resumed
 * run computes them anew and nothing else. @throws `run.not-found` for a trial that the run does not have
 */
export function measurementsToRepeat(run: RunView, trials?: readonly string[]): string[] {
  const unknown = trials?.find((id) => !run.trials.some((trial) => trial.id === id));
  if (unknown !== undefined)
    throw new AppError('run.not-found', { run: `${run.id}: ${unknown}`, path: 'this workspace' });
  const keys = run.trials.flatMap((trial) =>
    trial.steps.flatMap((step) => {
      if (step.kind !== 'measure' || step.status !== 'done') return [];
      if (trials) return trials.includes(trial.id) ? [step.key] : [];
      // A measure step is titled by its target.
      const latency = trial.metrics.latency.find(({ target }) => target === step.title);
      return disturbanceText(latency?.disturbance) === undefined ? [] : [step.key];
    }),
  );
  return [...new Set(keys)];
}
