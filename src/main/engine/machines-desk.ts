import type { MachinesStatus } from '@shared/agents';
import { toAppError, withoutCommands } from '@shared/errors';
import type { JoinedMachines } from './agents/machines';

/** Where the address of the server is kept. */
interface Kept {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** The machines as the window has them: the server is named once, and one that cannot be used is there to be corrected. */
export class MachinesDesk {
  private problem: string | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly machines: JoinedMachines,
    private readonly settings: Kept,
  ) {
    machines.onChange(() => this.changed());
  }

  /** The server that was named last. */
  private get server(): string | undefined {
    const kept = this.settings.get('server');
    return typeof kept === 'string' && kept !== '' ? kept : undefined;
  }

  /** Goes on with the server that was named last. */
  async open(): Promise<void> {
    if (this.server !== undefined) await this.use(this.server);
  }

  /** Keeps the address for the next start; undefined: works alone. What keeps it from use is in the status. */
  async connect(server: string | undefined): Promise<void> {
    this.settings.set('server', server ?? '');
    await this.use(server);
  }

  async status(): Promise<MachinesStatus> {
    const status = await this.machines.status();
    if (status.link !== 'alone') return status;
    return { ...status, server: this.server, problem: status.problem ?? this.problem };
  }

  /** Calls `listener` whenever the status may have changed. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  invite: JoinedMachines['invite'] = () => this.machines.invite();
  drain: JoinedMachines['drain'] = (agent, isDraining) => this.machines.drain(agent, isDraining);
  remove: JoinedMachines['remove'] = (agent) => this.machines.remove(agent);

  private async use(server: string | undefined): Promise<void> {
    this.problem = undefined;
    try {
      await this.machines.connect(server);
    } catch (thrown) {
      this.problem = withoutCommands(toAppError(thrown).message);
    }
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
