import type { Agent, MachinesStatus } from '@shared/agents';
import { AppError } from '@shared/errors';

/** Other machines that take steps, and the server they are reached through. */
export interface Machines {
  status(): Promise<MachinesStatus>;
  /** @param server absent: works alone. Throws where it cannot be used. */
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

/** No other machine, and no way to one. */
export function aloneMachines(): Machines {
  const refuse = (): Promise<never> => Promise.reject(new AppError('machines.none'));
  return {
    status: () => Promise.resolve({ link: 'alone', agents: [] }),
    connect: (server) => (server === undefined ? Promise.resolve() : refuse()),
    invite: refuse,
    drain: refuse,
    remove: refuse,
    onChange: () => () => undefined,
    agents: () => [],
  };
}
