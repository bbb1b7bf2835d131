import { stepKey } from '../jobs/step-key';
import type { StepJournal } from '../store/step-journal';
import type { PlannedStep } from './plan';

/**
 * What checkpoints and other machines know the work at a step by: its key, but where it follows from a training that was stopped by hand, what stopped
 * files it reads too. Its key stands for work on others.
 */
export function workKeyOf({ key, needs }: PlannedStep, steps: Pick<StepJournal, 'find'>): string {
  const before = needs.map((need) => steps.find(need));
  if (before.every((step) => step?.stopped === undefined)) return key;
  return stepKey('stopped', key, ...before.map((step) => step?.artifact));
}
