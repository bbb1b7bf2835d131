import { mainEngineContract, openEngineContract } from '@shared/contract';
import { shellContract } from '@shared/shell-contract';
import { AppError } from '@shared/errors';
import { parseInput } from '@shared/rpc';

/** A request of the window after its check: who answers it, and the input with defaults filled in. */
export interface WindowRequest {
  to: 'shell' | 'engine';
  name: string;
  input: unknown;
}

/**
 * Checks what the window asks for. It never names a path to write to: endpoints that take one belong to the main process.
 * @throws `ipc.invalid`
 */
export function windowRequest(name: string, input: unknown): WindowRequest {
  if (Object.hasOwn(mainEngineContract, name))
    throw new AppError('ipc.invalid', {
      endpoint: name,
      detail: 'it is not for the window: only a dialog may choose where a file goes',
    });
  const to = Object.hasOwn(shellContract, name) ? 'shell' : 'engine';
  return { to, name, input: parseInput(to === 'shell' ? shellContract : openEngineContract, name, input) };
}
