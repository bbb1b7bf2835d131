import type { AppError } from '@shared/errors';
import type { RunProgress, RunStatus } from '@shared/run';
import type { Limits } from '@shared/sweep-file';
import type { Executor } from './executor';
import { finishedIn } from './finished-steps';
import type { OrderContext } from './order-of-step';
import type { PlannedStep, TrialPlan } from './plan';
import { RemainingTime } from './remaining-time';
import { RoomKeeper } from './room-keeper';
import { RunJournal } from './run-journal';
import { runProgress } from './run-progress';
import { StepBoard } from './step-board';
import { stepCost } from './step-cost';
import { StepRunner } from './step-runner';
import type { StepsInHand } from './steps-in-hand';
import type { StepState } from './trial-status';
import { WorkClock } from './work-clock';

export interface SweepRunEvents {
  /** The trial's status or results changed; ask the store for it. */
  trialChanged(trialId: string): void;
  progress(progress: RunProgress): void;
}

export interface SweepRunOptions {
  /** Finished steps to compute anew. */
  again?: ReadonlySet<string>;
  /** Trials that somebody does not want. */
  skipped?: Iterable<string>;
  /** It begins paused. */
  isPaused?: boolean;
  /** When it ends with what is there, milliseconds since 1970. */
  deadline?: number;
  limits?: Limits;
  coolDownMs?: number;
  /** A search runs it, which compares equal effort: no training is stopped by hand. */
  isOfSearch?: boolean;
}

/**
 * Runs the steps of a sweep. Steps whose result is in the journal are not run again; a failed step fails the trials that
 * need it and nothing else. Every step that is ready is handed to the executor, which says when it begins.
 */
export class SweepRun {
  private readonly board: StepBoard;
  private readonly journal: RunJournal;
  private readonly room: RoomKeeper;
  private readonly runner: StepRunner;
  private readonly inHand: StepsInHand;
  private readonly remaining = new RemainingTime();
  private readonly clock: WorkClock;
  private status: RunStatus;
  private hasBegun = false;
  private fatal: AppError | undefined;
  private wake: () => void = () => undefined;

  constructor(
    readonly id: string,
    trials: readonly TrialPlan[],
    private readonly context: OrderContext,
    private readonly executor: Executor,
    private readonly events: SweepRunEvents,
    private readonly options: SweepRunOptions = {},
  ) {
    const { workspace, models } = context;
    const { isPaused, skipped, limits, coolDownMs = 0 } = options;
    const sizeOf = (model: string): number => models.get(model)?.sizeBytes ?? 0;
    this.status = isPaused ? 'paused' : 'running';
    this.board = new StepBoard(trials, ({ order }) => stepCost(order, sizeOf(order.model)), skipped);
    this.journal = new RunJournal(id, workspace, this.board, {
      trialChanged: (trialId) => events.trialChanged(trialId),
      failed: (error) => this.unwritten(error),
    });
    const largest = Math.max(0, ...[...models.values()].map(({ sizeBytes }) => sizeBytes));
    this.room = new RoomKeeper(workspace.folder, largest, () => this.roomChanged());
    const { journal } = this;
    this.runner = new StepRunner({ run: id, context, executor, journal, limits, coolDownMs }, this.board, this.room, {
      changed: (step) => this.journal.trialsOf(step, this.status),
      progressed: () => this.changed(),
      ended: (...step) => this.stepEnded(...step),
      unwritten: (error) => this.unwritten(error),
      isOver: () => this.isOver,
    });
    this.inHand = this.runner.inHand;
    // As if it had never stopped.
    this.clock = new WorkClock(workspace.runs.find(id)?.elapsedMs);
    this.findKnown();
  }

  stateOf(key: string): StepState | undefined {
    return this.board.stateOf(key);
  }

  /** Ids of the trials with something left to do, the next first. */
  get upcoming(): string[] {
    return this.board.upcoming.map(({ id }) => id);
  }

  /** Time under way over all times it was resumed, milliseconds: pauses do not count. */
  get elapsedMs(): number {
    return Math.round(this.clock.elapsedMs);
  }

  private get isOver(): boolean {
    return this.status === 'cancelled' || this.status === 'stopped' || this.fatal !== undefined;
  }

  private get mayBegin(): boolean {
    return this.status === 'running' && !this.isOver && !this.room.isWaiting;
  }

  pause(): void {
    if (this.status !== 'running') return;
    this.inHand.takeBack();
    this.setStatus('paused');
  }

  /** Goes on after a pause; where the disk was full, whether there is room now or not. */
  continue(): void {
    this.room.end();
    if (this.status === 'paused') this.setStatus('running');
  }

  /** Stops the steps under way; finished ones stay. */
  cancel(): void {
    this.end('cancelled');
  }

  /** Ends it with what is there once it has been under way for so long, milliseconds. */
  stopAfter(elapsedMs: number): void {
    this.clock.ringAt(elapsedMs, () => this.end('stopped'));
  }

  /** Nobody wants these trials any more: steps that are only theirs do not begin, or stop. */
  skip(trials: readonly string[]): void {
    this.board.skip(trials);
    this.inHand.endUnwanted((key) => this.board.isWanted(key));
    this.rearranged(trials);
  }

  /** The trainings under way of a trial end with the best so far; their results stand for this run alone. */
  stopTraining(trial: string): void {
    if (this.options.isOfSearch) return;
    for (const { key } of this.board.trials.find(({ id }) => id === trial)?.steps ?? [])
      if (this.inHand.stop(key)) this.journal.line({ key }, 'training is stopped by hand');
    this.changed();
  }

  /** These trials come next, also where they were skipped. What is under way is finished first. */
  prefer(trials: readonly string[]): void {
    this.board.prefer(trials);
    this.findKnown();
    this.rearranged(trials);
  }

  /** Runs to the end. @throws `output.unwritable`: nothing more could be kept */
  async run(): Promise<RunStatus> {
    this.hasBegun = true;
    this.updateAll();
    const { deadline } = this.options;
    const alarm = deadline && setTimeout(() => this.end('stopped'), Math.max(0, deadline - Date.now()));
    for (;;) {
      if (this.mayBegin) this.handInReadySteps();
      if (this.inHand.isEmpty && this.isOver) break;
      if (this.inHand.isEmpty && this.board.open.length === 0) {
        await this.runner.mendAll();
        if (this.board.open.length === 0) break;
        continue;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    clearTimeout(alarm);
    if (this.fatal) this.setStatus('failed');
    else if (!this.isOver) this.setStatus(this.board.hasFailed ? 'failed' : 'done');
    this.updateAll();
    if (this.fatal) throw this.fatal;
    return this.status;
  }

  private handInReadySteps(): void {
    for (const step of this.board.open) {
      if (this.inHand.has(step.key)) continue;
      const failed = this.board.failedNeed(step);
      if (failed) {
        this.board.fail(step.key, failed);
        this.journal.trialsOf(step, this.status);
      } else if (this.board.isReady(step)) void this.runner.run(step);
    }
  }

  private stepEnded(step: PlannedStep, hadCore: boolean, tookMs?: number): void {
    if (tookMs !== undefined) this.remaining.add(step, tookMs);
    if (hadCore) {
      this.journal.trialsOf(step, this.status);
      this.journal.elapsed(this.elapsedMs);
    }
    this.changed();
    this.wake();
  }

  private end(status: 'cancelled' | 'stopped'): void {
    if (this.status === 'running' || this.status === 'paused') this.setStatus(status);
    this.inHand.endAll();
    this.room.end();
    this.wake();
  }

  private findKnown(): void {
    const finished = finishedIn(this.context.workspace, this.board.steps, this.options.again, this.id);
    for (const { key } of this.board.open) if (!this.inHand.has(key) && finished.has(key)) this.board.set(key, 'done');
  }

  private rearranged(trials: readonly string[]): void {
    this.inHand.takeBack();
    for (const trial of this.board.trials) if (trials.includes(trial.id)) this.journal.trial(trial, this.status);
    this.changed();
    this.wake();
  }

  private updateAll(): void {
    for (const trial of this.board.trials) this.journal.trial(trial, this.status);
    this.changed();
  }

  private setStatus(status: RunStatus): void {
    this.status = status;
    this.journal.run(status);
    this.changed();
    this.wake();
  }

  /** Without room it waits. Anything else means that nothing more can be kept: what is under way ends, what waits does not begin. */
  private unwritten(error: AppError): void {
    if (error.code === 'output.disk-full') {
      if (!this.isOver) void this.room.wait(error);
      return;
    }
    this.fatal ??= error;
    this.inHand.takeBack();
    this.wake();
  }

  private roomChanged(): void {
    if (this.room.isWaiting) this.inHand.takeBack();
    // What could not be written meanwhile.
    else this.updateAll();
    this.changed();
    this.wake();
  }

  /** Time counts while something is done or may begin. */
  private keepTime(): void {
    if (this.hasBegun && (this.mayBegin || this.inHand.begun)) this.clock.run();
    else this.clock.stop();
  }

  private changed(): void {
    this.keepTime();
    const { id, status, board, room, elapsedMs } = this;
    const now = Date.now();
    const left = board.open.map((step) => ({
      step,
      share: 1 - this.inHand.fractionOf(step.key),
      ...this.inHand.paceOf(step.key, now),
    }));
    this.events.progress(
      runProgress({
        id,
        status,
        board,
        underWay: this.inHand.begun,
        trainings: this.options.isOfSearch ? [] : this.inHand.trainings,
        waitsForBytes: room.isWaiting ? room.wantedBytes : undefined,
        elapsedMs,
        remainingMs: this.remaining.estimate(left, this.executor.slots),
      }),
    );
  }
}
