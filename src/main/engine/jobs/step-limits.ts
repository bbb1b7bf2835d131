import { AppError } from '@shared/errors';
import type { Limits } from '@shared/sweep-file';
import { residentBytes, tellsMemory } from './process-memory';

const everyMs = 250;
const bytesPerMB = 1e6;

/**
 * Watches a process, and all below it, until the answered function is called or a limit is passed.
 * @param exceeded called once, with `step.memory` or `step.time`
 */
export function watchLimits(
  pid: number,
  job: string,
  { stepMemoryMB, stepMinutes }: Limits,
  exceeded: (error: AppError) => void,
): () => void {
  const timers = new Set<NodeJS.Timeout>();
  const stop = (): void => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  const end = (error: AppError): void => {
    stop();
    exceeded(error);
  };
  if (stepMinutes !== undefined)
    timers.add(
      setTimeout(() => end(new AppError('step.time', { job, limitMinutes: stepMinutes })), stepMinutes * 60_000),
    );
  if (stepMemoryMB !== undefined && tellsMemory) {
    const look = setInterval(() => {
      void residentBytes(pid).then((bytes) => {
        if (bytes > stepMemoryMB * bytesPerMB && timers.has(look))
          end(new AppError('step.memory', { job, usedMB: Math.round(bytes / bytesPerMB), limitMB: stepMemoryMB }));
      });
    }, everyMs);
    timers.add(look);
  }
  return stop;
}
