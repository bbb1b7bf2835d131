import type { RunStatus, TrialStatus } from '@shared/run';

/** What is known of a step of a run. */
export type StepState = 'waiting' | 'running' | 'done' | 'failed';

/**
 * The status of a trial, from the states of its steps and that of its run.
 * @param isSkipped somebody does not want it
 */
export function trialStatus(states: readonly StepState[], run: RunStatus, isSkipped: boolean): TrialStatus {
  if (states.every((state) => state === 'done')) return 'done';
  if (states.includes('failed') && !states.includes('running')) return 'failed';
  if (isSkipped) return 'skipped';
  if (run === 'cancelled') return 'cancelled';
  if (states.every((state) => state === 'waiting')) return 'waiting';
  return run === 'failed' || run === 'stopped' ? 'interrupted' : 'running';
}
