import { AppError } from '@shared/errors';

/** Throws `cancelled`; called between inferences, which themselves cannot be stopped. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('cancelled');
}
