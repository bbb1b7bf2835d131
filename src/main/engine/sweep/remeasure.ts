import { disturbanceText } from '@shared/presenter/disturbance';
import type { RunView } from '@shared/run';
import { trialOfRun } from '@shared/trial-of-run';

/**
 * Keys of the measurements to take again: the disturbed ones of a run, or all of the given trials. A resumed
 * run computes them anew and nothing else. @throws `trial.not-found` for a trial that the run does not have
 */
export function measurementsToRepeat(run: RunView, trials?: readonly string[]): string[] {
  for (const id of trials ?? []) trialOfRun(run.trials, run.id, id);
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
