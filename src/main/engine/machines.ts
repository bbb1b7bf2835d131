import type { Agent, MachinesStatus } from '@shared/agents';
import { AppError } from '@shared/errors';

/** Other machines that take steps, and the server they are reached through. */
export interface Machines {
  status(): Promise<MachinesStatus>;
  /** Keeps the address for the next start; undefined: works alone. What keeps the server from use is in the status. */
  connect(server: string | undefined): Promise<void>;
  /** A code for another machine to join with. @throws `machines.none` */
  invite(): Promise<string>;
  /** Gives no more steps to a machine, or some again. @throws `machines.none` */
  drain(agent: string, isDraining: boolean): Promise<void>;
  /** Forgets a machine. @throws `machines.none` */
  remove(agent: string): Promise<void>;
  /** Calls `listener` whenever the status may have changed. Returns what ends it. */
  onChange(listener: () => void): () => void;
  agents(): readonly Agent[];
}

/** Where the address of the server is kept. */
interface Kept {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** No other machine: a server that is named is remembered, and the status says why it is not used. */
export function aloneMachines(settings: Kept): Machines {
  const listeners = new Set<() => void>();
  const refuse = (): Promise<never> => Promise.reject(new AppError('machines.none'));
  return {
    status: () => {
      const server = settings.get('server') || undefined;
      const problem = server && 'This Whittle works alone: it cannot reach a server. The address is kept.';
      return Promise.resolve({ link: 'alone', server, problem, agents: [] });
    },
    connect(server) {
      settings.set('server', server ?? '');
      for (const listener of listeners) listener();
      return Promise.resolve();
    },
    invite: refuse,
    drain: refuse,
    remove: refuse,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    agents: () => [],
  };
}
