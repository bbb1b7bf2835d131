import type { RunProgress, RunSummary, RunView, TrialView } from '@shared/run';

/** The run with one trial as it is now; counts follow from the trials. A trial the run does not know is appended. */
export function mergeTrial(run: RunView, trial: TrialView): RunView {
  const known = run.trials.some((existing) => existing.id === trial.id);
  const trials = known
    ? run.trials.map((existing) => (existing.id === trial.id ? trial : existing))
    : [...run.trials, trial];
  return {
    ...run,
    trials,
    trialsDone: trials.filter((each) => each.status === 'done').length,
    trialsFailed: trials.filter((each) => each.status === 'failed').length,
  };
}

/** The list of runs with the status that its progress announces. */
export function mergeProgress<R extends RunSummary>(runs: readonly R[], progress: RunProgress): R[] {
  return runs.map((run) =>
    run.id === progress.run && run.status !== progress.status ? { ...run, status: progress.status } : run,
  );
}
