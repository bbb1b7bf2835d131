import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@shared/errors';

const longestPauseMs = 5000;

/**
 * Does something until it succeeds: a server that restarts, or is away for hours, is waited for.
 * @param isFinal whether trying again is of no use
 * Throws what is final, and `cancelled`.
 */
export async function patiently<T>(
  act: () => Promise<T>,
  signal: AbortSignal,
  isFinal: (thrown: unknown) => boolean,
): Promise<T> {
  for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if (signal.aborted) throw new AppError('cancelled');
    try {
      return await unlessAborted(act(), signal);
    } catch (thrown) {
      if (signal.aborted) throw new AppError('cancelled');
      if (thrown instanceof AppError || isFinal(thrown)) throw thrown;
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What is waited for may never end. Throws `cancelled`. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new AppError('cancelled'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * Does something with a signal that fires when any of these does, and lets go of them afterwards: `AbortSignal.any` leaves a trace in signals that
 * live long, for each of a hundred thousand steps.
 */
export async function whileNone<T>(
  signals: readonly (AbortSignal | undefined)[],
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const both = new AbortController();
  const abort = (): void => both.abort();
  for (const signal of signals) {
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
  }
  try {
    return await act(both.signal);
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', abort);
  }
}
