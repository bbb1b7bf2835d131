import type { RunSummary } from '@shared/run';

export { endingText } from '@shared/presenter/run-ending';

/** Whether an ended run has trials that could be run (again). */
export function isUnfinished(run: RunSummary): boolean {
  const hasEnded = !['queued', 'running', 'paused'].includes(run.status);
  return hasEnded && run.trialsDone + (run.trialsSkipped ?? 0) < run.trialsTotal;
}

/** What resuming does, as the button says it. */
export function resumeLabel(run: RunSummary): string {
  return run.trialsDone + run.trialsFailed === run.trialsTotal ? 'Retry failed' : 'Continue';
}
