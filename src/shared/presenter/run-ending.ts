import type { RunStatus, RunSummary } from '../run';

const endings: Partial<Record<RunStatus, string>> = {
  interrupted: 'was interrupted',
  cancelled: 'was cancelled',
  stopped: 'ended when its time was up',
};

/** "was interrupted: 12 of 33 trials done, 2 failed, 19 not run." */
export function endingText(run: RunSummary): string {
  const { trialsDone, trialsFailed, trialsSkipped = 0, trialsTotal, status } = run;
  const left = trialsTotal - trialsDone - trialsFailed - trialsSkipped;
  const parts = [`${trialsDone} of ${trialsTotal} trials done`];
  if (trialsFailed > 0) parts.push(`${trialsFailed} failed`);
  if (trialsSkipped > 0) parts.push(`${trialsSkipped} skipped`);
  if (left > 0) parts.push(`${left} not run`);
  return `${endings[status] ?? 'ended'}: ${parts.join(', ')}.`;
}
