import type { RunSummary } from '@shared/run';

/** Whether an ended run has trials that could be run (again). */
export function isUnfinished(run: RunSummary): boolean {
  return run.status !== 'running' && run.status !== 'paused' && run.trialsDone < run.trialsTotal;
}

/** What resuming does, as the button says it. */
export function resumeLabel(run: RunSummary): string {
  return run.trialsDone + run.trialsFailed === run.trialsTotal ? 'Retry failed' : 'Continue';
}

/** "was interrupted: 12 of 33 trials done, 2 failed, 19 not run." */
export function endingText(run: RunSummary): string {
  const left = run.trialsTotal - run.trialsDone - run.trialsFailed;
  const parts = [`${run.trialsDone} of ${run.trialsTotal} trials done`];
  if (run.trialsFailed > 0) parts.push(`${run.trialsFailed} failed`);
  if (left > 0) parts.push(`${left} not run`);
  const how = run.status === 'interrupted' ? 'was interrupted' : run.status === 'cancelled' ? 'was cancelled' : 'ended';
  return `${how}: ${parts.join(', ')}.`;
}
