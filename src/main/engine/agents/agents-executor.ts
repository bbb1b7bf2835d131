import { AppError } from '@shared/errors';
import type { Job, JobResults } from '../jobs/job';
import type { Contents, Order } from '../jobs/order';
import type { Executor, JobEvents, Placed } from '../sweep/executor';
import type { Requirement } from '../sweep/plan';
import { assumedRequirement } from './assumed-requirement';
import type { Coordinator } from './coordinator';
import type { JoinedMachines } from './machines';
import { classOf, isForThisMachine } from './requirement';
import { stepIdentity } from './step-identity';

/** A step that other machines may do. */
interface Waiting {
  classId: string;
  requirement: Requirement;
  place: number;
  /** Undefined: this machine does it. */
  begin(coordinator: Coordinator | undefined): Promise<void>;
}

/** Steps in a line, as a multiple of the slots of agents that fit: more would only lose their order. */
const ahead = 2;
/** Without the server, steps wait so long for it before this machine does them. */
const patienceMs = 60_000;

/** Runs on agents what they may do, when there are any, and the rest on this machine. */
export class AgentsExecutor implements Executor {
  private readonly waiting: Waiting[] = [];
  private readonly given = new Map<string, number>();
  private heard: Coordinator | undefined;
  private isPumping = false;

  constructor(
    private readonly local: Executor,
    private readonly machines: JoinedMachines,
    private readonly contents: Contents,
  ) {
    setInterval(() => this.pump(), 1000).unref();
  }

  get slots(): number {
    const { coordinator } = this.machines;
    const others = coordinator?.candidates({ versions: {} }) ?? [];
    return this.local.slots + others.reduce((sum, { slots }) => sum + slots, 0);
  }

  get threads(): number {
    return this.local.threads;
  }

  beside<T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T> {
    return this.local.beside(signal, work, waits);
  }

  async run<K extends Job['kind']>(
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[K]>,
  ): Promise<JobResults[K]> {
    const here = (): Promise<JobResults[K]> => this.local.run(order, events, signal, placed);
    if (!this.machines.coordinator || !placed?.key) return here();
    const own = await this.machines.ownFacts();
    const requirement = placed.requires ?? assumedRequirement(order as Order<Job>, own);
    if (!requirement || isForThisMachine(requirement)) return here();
    for (;;) {
      const coordinator = await this.turn(requirement, placed.order, signal);
      if (!coordinator) return here();
      const given = await this.give(coordinator, order, requirement, events, signal, placed);
      if (given) return given.result;
    }
  }

  /** Resolves when it is to be given to agents, or, without a coordinator, done here. Throws `cancelled`. */
  private turn(requirement: Requirement, place: number, signal: AbortSignal): Promise<Coordinator | undefined> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new AppError('cancelled'));
      const classId = classOf(requirement, stepIdentity);
      const cancel = (): void => {
        const at = this.waiting.indexOf(waiting);
        if (at < 0) return;
        this.waiting.splice(at, 1);
        reject(new AppError('cancelled'));
      };
      const waiting: Waiting = {
        classId,
        requirement,
        place,
        begin: async (coordinator) => {
          signal.removeEventListener('abort', cancel);
          resolve(coordinator);
        },
      };
      signal.addEventListener('abort', cancel, { once: true });
      const behind = this.waiting.findIndex((other) => other.place > place);
      this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, waiting);
      setImmediate(() => this.pump());
    });
  }

  /** Gives out what waits, the earliest in the plan first. */
  private pump(): void {
    const { coordinator } = this.machines;
    if (coordinator && coordinator !== this.heard) {
      this.heard = coordinator;
      coordinator.onAgents(() => this.pump());
      this.isPumping = true;
      void coordinator.ready.then(() => {
        this.isPumping = false;
        this.pump();
      });
    }
    if (this.isPumping && coordinator) return;
    for (const waiting of [...this.waiting]) {
      const { classId, requirement } = waiting;
      const fitting = coordinator?.candidates(requirement) ?? [];
      const slots = fitting.reduce((sum, agent) => sum + agent.slots, 0);
      if (slots > 0) {
        const given = this.given.get(classId) ?? 0;
        if (given >= ahead * slots) continue;
        this.given.set(classId, given + 1);
        this.begin(waiting, coordinator);
      } else if (
        requirement.on === undefined &&
        (!coordinator || coordinator.lostForMs === 0 || coordinator.lostForMs > patienceMs)
      )
        this.begin(waiting, undefined);
    }
  }

  private begin(waiting: Waiting, coordinator: Coordinator | undefined): void {
    this.waiting.splice(this.waiting.indexOf(waiting), 1);
    void waiting.begin(coordinator);
  }

  /** Undefined: nobody did it, or what they left is gone; it must find its place again. Throws what the job throws, `cancelled`. */
  private async give<K extends Job['kind']>(
    coordinator: Coordinator,
    order: Order & { kind: K },
    requirement: Requirement,
    events: JobEvents,
    signal: AbortSignal,
    placed: Placed<JobResults[K]>,
  ): Promise<{ result: JobResults[K] } | undefined> {
    const { NobodyThere } = await import('./published-step');
    const classId = classOf(requirement, stepIdentity);
    const { key, title = order.kind, limits, coolDownMs } = placed;
    let hasBegun = false;
    const began = (): void => {
      if (!hasBegun) events.started?.();
      hasBegun = true;
    };
    try {
      const step = {
        key: key!,
        order: order as Order<Job>,
        requirement,
        title,
        limits,
        coolDownMs,
        began,
        progress: events.progress,
      };
      const outcome = await coordinator.give(step, signal);
      const path = order.output === undefined ? undefined : this.contents.outputPath(order.output);
      let result: JobResults[K];
      try {
        result = (await coordinator.takeIn(outcome, path, signal)) as JobResults[K];
      } catch (thrown) {
        if (!(thrown instanceof AppError) || !['agents.gone', 'agents.damaged'].includes(thrown.code)) throw thrown;
        await coordinator.board.forget(outcome, signal);
        return undefined;
      }
      began();
      for (const note of outcome.notes) events.note(note);
      await placed.settle(result, outcome.elapsedMs);
      return { result };
    } catch (thrown) {
      if (thrown instanceof NobodyThere) return undefined;
      throw thrown;
    } finally {
      this.given.set(classId, (this.given.get(classId) ?? 1) - 1);
      setImmediate(() => this.pump());
    }
  }
}
