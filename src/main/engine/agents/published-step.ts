import { trialLength } from '@shared/agents';
import { AppError, isErrorCode } from '@shared/errors';
import type { Limits } from '@shared/sweep-file';
import type { Job } from '../jobs/job';
import type { Order } from '../jobs/order';
import type { Requirement } from '../sweep/plan';
import type { Announcer } from './announce';
import type { Board, Standing } from './board';
import { titleLength, type AgentJob, type DoneOutcome, type Outcome, type StepControl } from './protocol';
import { classOf } from './requirement';
import { stepIdentity } from './step-identity';

/** A step as it is given to agents. */
export interface StepToDo {
  key: string;
  order: Order<Job>;
  requirement: Requirement;
  title: string;
  /** A trial that it is for, as people know it. */
  trial?: string;
  limits?: Limits;
  coolDownMs?: number;
  /** Ends its training with the best so far. */
  stop?: AbortSignal;
  began(): void;
  progress(stage: string, done: number, total: number): void;
}

/** Who publishes it. */
export interface Publisher {
  readonly board: Board;
  readonly announcer: Announcer;
  /** How long the server has been away, milliseconds; 0: it is there. */
  readonly lostForMs: number;
  slotsFor(requirement: Requirement): number;
  newJobId(): AgentJob['id'];
  sayOfStep(control: StepControl): void;
  /** What is still to be said when it closes. */
  farewell(said: Promise<void>): void;
}

/** How long a step may stand in line without any agent that fits. */
const patienceWithoutAgentsMs = 45_000;
/** How long the server may be away before this machine does by itself what it can. */
const patienceWithoutServerMs = 10 * 60_000;
/** What the server has of a step that nothing was heard of is looked at so often. */
const lookAgainMs = 30_000;
const mostUploads = 3;

/** Nobody is there any more who could do it. */
export class NobodyThere extends Error {}

/** A step in some line, until it is done: by whom and for whom it was put there does not matter. */
export class PublishedStep {
  /** As it was published, by whomever. */
  private job: string | undefined;
  private place: Standing | undefined;
  private standing: Promise<void> = Promise.resolve();
  private hasBegun = false;
  private isOver = false;
  private isLooking = false;
  private isStanding = false;
  private seenAgentsAt = Date.now();
  private lookedAt = Date.now();
  private uploads = 0;
  private readonly result: Promise<DoneOutcome>;
  private resolve!: (outcome: DoneOutcome) => void;
  private reject!: (error: Error) => void;
  private signal = new AbortController().signal;

  constructor(
    private readonly step: StepToDo,
    private readonly coordinator: Publisher,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.result.catch(() => undefined);
  }

  /** Throws what the job throws, `cancelled`, `NobodyThere`. */
  async finish(signal: AbortSignal): Promise<DoneOutcome> {
    this.signal = signal;
    const cancel = (): void => {
      this.end(() => this.reject(new AppError('cancelled')));
      this.coordinator.farewell(this.takeBack());
    };
    if (signal.aborted) throw new AppError('cancelled');
    const stop = (): void => this.sayStop();
    const { stop: byHand } = this.step;
    signal.addEventListener('abort', cancel, { once: true });
    byHand?.addEventListener('abort', stop, { once: true });
    try {
      this.stand().catch((thrown: unknown) => this.end(() => this.reject(thrown as Error)));
      return await this.result;
    } finally {
      signal.removeEventListener('abort', cancel);
      byHand?.removeEventListener('abort', stop);
    }
  }

  heard(outcome: Outcome): void {
    if (outcome.is === 'done') this.end(() => this.resolve(outcome));
    else if (outcome.job !== this.job) return;
    else if (outcome.is === 'failed') void this.failed(outcome);
    // Others that want the step want it in full.
    else if (this.step.stop?.aborted) this.end(() => this.resolve(outcome));
  }

  progressed(stage: string, done: number, total: number): void {
    if (this.isOver) return;
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.step.began();
    }
    this.step.progress(stage, done, total);
  }

  /**
   * What was said may have been lost, and what stood in line too.
   * @param isAfterLoss the server was away
   */
  lookAfter(isAfterLoss: boolean): void {
    const { lostForMs } = this.coordinator;
    const now = Date.now();
    if (this.coordinator.slotsFor(this.step.requirement) > 0 || lostForMs > 0) this.seenAgentsAt = now;
    const isAlone = now - this.seenAgentsAt > patienceWithoutAgentsMs || lostForMs > patienceWithoutServerMs;
    if (isAlone && this.step.requirement.on === undefined) {
      this.end(() => this.reject(new NobodyThere()));
      if (lostForMs === 0 && this.place) void this.coordinator.board.withdraw(this.place).catch(() => undefined);
      return;
    }
    if (!this.isStanding || this.isLooking || this.isOver || lostForMs > 0) return;
    if (this.step.stop?.aborted) this.sayStop();
    if (!isAfterLoss && now - this.lookedAt < lookAgainMs) return;
    this.lookedAt = now;
    this.isLooking = true;
    void this.look()
      .catch(() => undefined)
      .finally(() => (this.isLooking = false));
  }

  /** It holds until the step is over, also for the agent that gets it next. */
  private sayStop(): void {
    if (this.job !== undefined) this.coordinator.sayOfStep({ do: 'stop', key: this.step.key, job: this.job });
  }

  private async look(): Promise<void> {
    const { board } = this.coordinator;
    const { key } = this.step;
    const outcome = await board.outcome(key, this.signal);
    if (outcome) this.heard(outcome);
    if (this.isOver) return;
    const standing = await board.pending(this.classId, key, this.signal);
    if (standing) this.standsAs(standing);
    else {
      // Between the two answers it may have been finished.
      const late = await board.outcome(key, this.signal);
      if (late) this.heard(late);
      if (!this.isOver) await this.stand();
    }
  }

  /**
   * Nobody here wants it any more. It is out of its line before that is said: an agent that takes it at that moment begins to listen, and looks there
   * then. It may take until the server is there again.
   */
  private async takeBack(): Promise<void> {
    await this.standing.catch(() => undefined);
    if (!this.place) return;
    const { job } = this.place;
    await this.coordinator.board.withdraw(this.place).catch(() => undefined);
    this.coordinator.sayOfStep({ do: 'cancel', key: job.key, job: job.id });
  }

  private stand(): Promise<void> {
    return (this.standing = this.findPlace());
  }

  private standsAs(place: Standing): void {
    this.place = place;
    this.job = place.job.id;
  }

  private get classId(): string {
    return classOf(this.step.requirement, stepIdentity);
  }

  /** Finds what came of it, or who has it, or puts it into its line. */
  private async findPlace(): Promise<void> {
    const { signal, classId } = this;
    const { board, announcer } = this.coordinator;
    const { key, order, requirement, title, trial, limits, coolDownMs } = this.step;
    const [known, found] = await Promise.all([board.outcome(key, signal), board.pending(classId, key, signal)]);
    if (known?.is === 'done') return this.heard(known);
    let standing = found;
    if (!standing) {
      const announced = await announcer.announce(order, signal);
      await board.openClass(classId, requirement, signal);
      const { output: _own, key: _named, ...rest } = order as Order<Job> & { output?: string };
      const job = {
        id: this.coordinator.newJobId(),
        key,
        steps: stepIdentity,
        requirement,
        title: title.slice(0, titleLength),
        ...(trial !== undefined && { trial: trial.slice(0, trialLength) }),
        order: { ...rest, ...(_named !== undefined && { key: _named }) },
        ...announced,
        ...(limits && { limits }),
        ...(coolDownMs !== undefined && { coolDownMs }),
      } as AgentJob;
      this.job = job.id;
      // Whoever cancels meanwhile must know where it stands, to take it back; it may stand there where the answer was lost.
      standing = (await board.publish(classId, job)) ?? (await board.pending(classId, key));
    }
    if (standing) this.standsAs(standing);
    this.isStanding = true;
  }

  private async failed({ error, isMissing }: Outcome & { is: 'failed' }): Promise<void> {
    const code = isErrorCode(error.code) ? error.code : 'internal';
    if (isMissing && this.uploads++ < mostUploads) {
      try {
        const { announcer } = this.coordinator;
        const pending = await announcer.announce(this.step.order, this.signal);
        announcer.again(pending);
        return await this.stand();
      } catch (thrown) {
        return this.end(() => this.reject(thrown as Error));
      }
    }
    this.end(() => this.reject(new AppError(code, isErrorCode(error.code) ? error.facts : { detail: error.code })));
  }

  private end(settle: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    settle();
  }
}
