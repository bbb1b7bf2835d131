import type { TrainingRecord } from '@shared/training-record';

/** Whether somebody stopped a training of the step whose result this is: it is not the one that the step's key stands for. */
export function isStopped(result: unknown): boolean {
  const { training = [] } = result as { training?: TrainingRecord[] };
  return training.some(({ stopped }) => stopped !== undefined);
}
