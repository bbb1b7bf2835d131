import type { RunProgress, RunSummary, RunView, TrialView } from '@shared/run';

/** The run with some trials as they are now; counts follow from the trials. Trials the run does not know are appended. */
export function mergeTrials(run: RunView, announced: readonly TrialView[]): RunView {
  if (announced.length === 0) return run;
  // The last announcement of a trial counts; where it stands is what the run says.
  const latest = new Map([...run.trials, ...announced].map((trial) => [trial.id, trial]));
  const trials = [...latest.values()];
  return {
    ...run,
    trials,
    trialsDone: trials.filter((each) => each.status === 'done').length,
    trialsFailed: trials.filter((each) => each.status === 'failed').length,
    trialsStarred: trials.filter((each) => each.starred).length,
  };
}

/** The list of runs with the status that its progress announces; the same list where that is known already. */
export function mergeProgress<R extends RunSummary>(runs: R[], progress: RunProgress): R[] {
  const isNews = (run: R): boolean => run.id === progress.run && run.status !== progress.status;
  return runs.some(isNews) ? runs.map((run) => (isNews(run) ? { ...run, status: progress.status } : run)) : runs;
}
