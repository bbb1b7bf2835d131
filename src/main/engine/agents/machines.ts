import { hostname } from 'node:os';
import type { Agent, MachinesStatus } from '@shared/agents';
import { AppError } from '@shared/errors';
import type { Machine } from '@shared/run';
import type { Contents } from '../jobs/order';
import type { Coordinator } from './coordinator';
import { joinCode, keepMembership, membershipFor, readMembership } from './membership';

/** Other machines that take steps of sweeps, all of one person. Nothing of the server is loaded before one is named. */
export class JoinedMachines {
  private readonly listeners = new Set<() => void>();
  private readonly told: ((line: string) => void)[] = [];
  coordinator: Coordinator | undefined;
  private connecting: Promise<void> = Promise.resolve();
  private changes = 0;

  /** @param folder of the person's settings */
  constructor(
    private readonly folder: string,
    readonly machine: Machine,
    private readonly contents: Contents,
  ) {}

  /** Another server is being named: nothing follows yet from there being none. */
  get isChanging(): boolean {
    return this.changes > 0;
  }

  /** Resolves when it is known who is there, or will not be soon. @param server absent: works alone. Throws `agents.server`, `agents.not-joined`. */
  async connect(server: string | undefined): Promise<void> {
    this.changes++;
    const after = this.connecting.catch(() => undefined);
    this.connecting = after.then(() => this.use(server)).finally(() => this.changes--);
    await this.connecting;
  }

  private async use(server: string | undefined): Promise<void> {
    const before = this.coordinator;
    this.coordinator = undefined;
    await before?.close();
    if (server !== undefined) {
      const known = readMembership(this.folder);
      const membership = membershipFor(server, known);
      if (known?.server !== server) await keepMembership(this.folder, membership);
      const { Coordinator } = await import('./coordinator');
      const coordinator = new Coordinator({
        membership,
        name: hostname(),
        contents: this.contents,
        changed: () => this.changed(),
        say: (line) => this.told.forEach((tell) => tell(line)),
      });
      await coordinator.open();
      this.coordinator = coordinator;
      await coordinator.ready;
    }
    this.changed();
  }

  /** Sentences about the server, as they come. */
  onSentence(listener: (line: string) => void): void {
    this.told.push(listener);
  }

  async status(): Promise<MachinesStatus> {
    const { coordinator } = this;
    if (!coordinator) return { link: 'alone', agents: [] };
    const { link, problem, server } = coordinator;
    return { link, server, ...(problem !== undefined && { problem }), agents: [...this.agents()] };
  }

  /** A join code for another machine. Throws `agents.not-joined`. */
  async invite(): Promise<string> {
    const membership = readMembership(this.folder);
    if (!membership) throw new AppError('agents.not-joined');
    return joinCode(membership);
  }

  /** An agent that drains finishes what it has and takes nothing more. @throws `machines.none` */
  async drain(agent: string, isDraining: boolean): Promise<void> {
    this.connected().drain(agent, isDraining);
  }

  /** It gives back what it has, and ends; one that is silent is forgotten. @throws `machines.none` */
  async remove(agent: string): Promise<void> {
    this.connected().remove(agent);
  }

  /** Answers what ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** As last heard of. */
  agents(): readonly Agent[] {
    return this.coordinator?.agents() ?? [];
  }

  private connected(): Coordinator {
    if (!this.coordinator) throw new AppError('machines.none');
    return this.coordinator;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
