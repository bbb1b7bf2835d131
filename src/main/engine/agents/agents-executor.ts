import { AppError } from '@shared/errors';
import type { Job, JobResults } from '../jobs/job';
import type { Contents, Order } from '../jobs/order';
import type { Executor, JobEvents, Placed } from '../sweep/executor';
import type { Requirement } from '../sweep/plan';
import { isForThisMachine } from '../sweep/requirement';
import type { Coordinator } from './coordinator';
import type { JoinedMachines } from './machines';
import { NobodyThere } from './published-step';
import { classOf } from './requirement';
import { stepIdentity } from './step-identity';
import { isDoneHere } from './this-machine';

/** A step that other machines may do. There may be a hundred thousand: each is one object, which hears of its signal itself. */
class Waiting {
  constructor(
    readonly place: number,
    private readonly line: Line,
    private readonly signal: AbortSignal,
    private readonly resolve: (coordinator: Coordinator | undefined) => void,
    private readonly reject: (reason: AppError) => void,
  ) {
    signal.addEventListener('abort', this);
  }

  /** @param coordinator undefined: this machine does it */
  begin(coordinator: Coordinator | undefined): void {
    this.signal.removeEventListener('abort', this);
    this.resolve(coordinator);
  }

  refuse(reason: AppError): void {
    this.signal.removeEventListener('abort', this);
    this.reject(reason);
  }

  /** Of the signal. */
  handleEvent(): void {
    const { waiting } = this.line;
    const at = waiting.indexOf(this);
    if (at < 0) return;
    waiting.splice(at, 1);
    this.refuse(new AppError('cancelled'));
  }
}

/** Steps with equal requirements. */
interface Line {
  requirement: Requirement;
  /** This machine may do them too. */
  isDoneHere: boolean;
  /** The earliest in the plan first. */
  waiting: Waiting[];
  /** To agents, and not finished. */
  given: number;
}

/** Steps in a line, as a multiple of the slots of agents that fit: more would only lose their order. */
const ahead = 2;
/** Without the server, steps wait so long for it before this machine does them. */
const patienceMs = 60_000;
/** What waits is looked at so often, also where nothing is told. */
const lookEveryMs = 1000;

/** Runs on agents what they may do, when there are any, and the rest on this machine. */
export class AgentsExecutor implements Executor {
  private readonly lines = new Map<string, Line>();
  private heard: Coordinator | undefined;
  private isLooking = false;
  private isDue = false;
  private later: NodeJS.Timeout | undefined;

  constructor(
    private readonly local: Executor,
    private readonly machines: Pick<JoinedMachines, 'coordinator' | 'isChanging' | 'machine'>,
    private readonly contents: Pick<Contents, 'outputPath'>,
  ) {}

  get slots(): number {
    const { coordinator } = this.machines;
    return this.local.slots + (coordinator?.slotsFor({ versions: {} }) ?? 0);
  }

  get ownSlots(): number {
    return this.local.slots;
  }

  get threads(): number {
    return this.local.threads;
  }

  beside<T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T> {
    return this.local.beside(signal, work, waits);
  }

  run<K extends Job['kind']>(
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[K]>,
  ): Promise<JobResults[K]> {
    // Plans of earlier versions know this machine alone.
    if (!placed?.key || !placed.requires || isForThisMachine(placed.requires))
      return this.local.run(order, events, signal, placed);
    const line = this.lineOf(placed.requires);
    if (!this.machines.coordinator && line.isDoneHere) return this.local.run(order, events, signal, placed);
    return this.inTurn(line, order, events, signal, placed);
  }

  /** While it waits, no frame of a function waits with it. */
  private inTurn<K extends Job['kind']>(
    line: Line,
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed: Placed<JobResults[K]>,
  ): Promise<JobResults[K]> {
    return this.turn(line, placed.order, signal).then(async (coordinator) => {
      if (!coordinator) return this.local.run(order, events, signal, placed);
      const given = await this.give(coordinator, order, line, events, signal, placed);
      return given ? given.result : this.inTurn(line, order, events, signal, placed);
    });
  }

  /** Resolves when it is to be given to agents, or, without a coordinator, done here. Throws `cancelled`, `agents.none`. */
  private turn(line: Line, place: number, signal: AbortSignal): Promise<Coordinator | undefined> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new AppError('cancelled'));
      const { waiting } = line;
      const one = new Waiting(place, line, signal, resolve, reject);
      let [low, high] = [0, waiting.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (waiting[middle]!.place > place) high = middle;
        else low = middle + 1;
      }
      waiting.splice(low, 0, one);
      this.pumpSoon();
    });
  }

  private lineOf(requirement: Requirement): Line {
    const classId = classOf(requirement, stepIdentity);
    const own = (): boolean => isDoneHere(requirement, this.machines.machine);
    const line = this.lines.get(classId) ?? { requirement, isDoneHere: own(), waiting: [], given: 0 };
    this.lines.set(classId, line);
    return line;
  }

  /** Many things happen at once; they are looked at together. */
  private pumpSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    setTimeout(() => {
      this.isDue = false;
      this.pump();
    }, 10);
  }

  private pump(): void {
    this.handOut();
    clearTimeout(this.later);
    const isAnybodyWaiting = [...this.lines.values()].some(({ waiting }) => waiting.length > 0);
    if (isAnybodyWaiting) this.later = setTimeout(() => this.pump(), lookEveryMs).unref();
  }

  private handOut(): void {
    const { coordinator } = this.machines;
    if (coordinator && coordinator !== this.heard) {
      this.heard = coordinator;
      coordinator.onAgents(() => this.pumpSoon());
      this.isLooking = true;
      void coordinator.ready.then(() => {
        this.isLooking = false;
        this.pumpSoon();
      });
    }
    if ((this.isLooking && coordinator) || this.machines.isChanging) return;
    for (const line of this.lines.values()) {
      const { requirement, isDoneHere, waiting } = line;
      if (waiting.length === 0) continue;
      const slots = coordinator?.slotsFor(requirement) ?? 0;
      if (slots > 0) {
        const begun = waiting.splice(0, Math.max(0, ahead * slots - line.given));
        line.given += begun.length;
        for (const one of begun) one.begin(coordinator);
      } else if (!this.isHopeless(coordinator)) continue;
      else if (isDoneHere) for (const one of waiting.splice(0)) one.begin(undefined);
      else if (!coordinator)
        for (const one of waiting.splice(0)) one.refuse(new AppError('agents.none', { label: requirement.on }));
    }
  }

  /** Nobody will come soon: this machine does what it can. */
  private isHopeless(coordinator: Coordinator | undefined): boolean {
    return !coordinator || coordinator.lostForMs === 0 || coordinator.lostForMs > patienceMs;
  }

  /** Undefined: nobody did it, or what they left is gone; it must find its place again. Throws what the job throws, `cancelled`. */
  private async give<K extends Job['kind']>(
    coordinator: Coordinator,
    order: Order & { kind: K },
    line: Line,
    events: JobEvents,
    signal: AbortSignal,
    placed: Placed<JobResults[K]>,
  ): Promise<{ result: JobResults[K] } | undefined> {
    const { requirement } = line;
    const { key, title = order.kind, trial, limits, coolDownMs } = placed;
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
        trial,
        limits,
        coolDownMs,
        stop: events.stop,
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
        // One that was stopped counts for nobody else, and what another coordinator has in full may stand there by now.
        if (outcome.is === 'done') await coordinator.board.forget(outcome, signal);
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
      line.given--;
      this.pumpSoon();
    }
  }
}
