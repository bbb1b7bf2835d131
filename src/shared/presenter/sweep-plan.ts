import type { PlanPlace } from '../agents';
import { formatCounted, formatDuration, formatNumber } from '../format';

/** What is known of the time that a sweep will take. */
export interface PlanTime {
  time?: { lowMs: number; highMs: number };
  /** Steps that the time does not count. */
  unknownSteps: number;
  /** Trainings of which the time is as it was elsewhere; absent: none. */
  roughSteps?: number;
  /** Steps that are not computed yet. */
  left: number;
}

/** "2 h 10 min to 2 h 50 min", and what it leaves out; that nothing is known where nothing is. */
export function planTimeText({ time, unknownSteps, roughSteps = 0, left }: PlanTime): string {
  if (left === 0) return 'nothing is left to compute';
  if (!time) return 'no estimate yet: no step of these kinds has run on this machine';
  const [low, high] = [formatDuration(time.lowMs), formatDuration(time.highMs)];
  const counted = low === high ? low : `${low} to ${high}`;
  const trainings = roughSteps === 1 ? 'the training, which has' : `${roughSteps} trainings, which have`;
  const range = roughSteps === 0 ? counted : `${counted}, roughly: ${trainings} never run on this machine`;
  if (unknownSteps === 0) return range;
  const others = formatCounted(unknownSteps, 'step');
  return `${range}, and ${others} of a kind that has never run on this machine`;
}

/** "pi4: 12 steps, 2 machines fit"; why nobody does them where nobody can. */
export function placeText({ place, steps, agents, problem }: PlanPlace): string {
  const counted = `${place}: ${formatCounted(steps, 'step')}`;
  if (problem !== undefined) return `${counted}, nobody to do ${steps === 1 ? 'it' : 'them'}. ${problem}`;
  if (agents === undefined || agents < 2) return counted;
  return `${counted}, ${formatNumber(agents)} machines fit`;
}

/** Of systems that do not tell what a process and its children take together. */
export const memoryUnwatched =
  'The memory limit of a sweep (limits.stepMemoryMB) is not watched on Windows; the time limit is.';

/** For people who start a sweep. */
export const batteryWarning =
  'The machine runs on its battery: it may be slower than usual, and latencies with it. Plug it in first.';
