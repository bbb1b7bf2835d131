import { AppError } from '@shared/errors';
import type { RunProgress, RunStatus } from '@shared/run';
import type { Limits } from '@shared/sweep-file';
import { incomingName } from '../store/artifacts';
import type { Executor } from './executor';
import { finishedIn } from './finished-steps';
import { LostArtifacts } from './lost-artifacts';
import { formatOf, type PlannedStep, type TrialPlan } from './plan';
import { orderOfStep, type OrderContext } from './order-of-step';
import { RemainingTime } from './remaining-time';
import { RoomKeeper } from './room-keeper';
import { RunJournal } from './run-journal';
import { runProgress } from './run-progress';
import { StepBoard } from './step-board';
import { stepCost } from './step-cost';
import type { StepState } from './trial-status';

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
}

interface Place {
  abort: AbortController;
  /** What a failed attempt had written is gone. */
  discarded?: Promise<void>;
  /** When it got its core, milliseconds since 1970. */
  startedAt?: number;
  fraction: number;
  stage: string;
}

/**
 * Runs the steps of a sweep. Steps whose result is in the journal are not run again; a failed step fails the trials that
 * need it and nothing else. Every step that is ready is handed to the executor, which says when it begins.
 */
export class SweepRun {
  private readonly board: StepBoard;
  private readonly journal: RunJournal;
  /** Steps the executor has, begun or not. */
  private readonly handedIn = new Map<string, Place>();
  /** Steps whose process ended unexpectedly once. */
  private readonly crashed = new Set<string>();
  private readonly lost: LostArtifacts;
  private readonly room: RoomKeeper;
  private readonly remaining = new RemainingTime();
  private readonly startedAt: number;
  private status: RunStatus;
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
    const sizeOf = (model: string): number => models.get(model)?.sizeBytes ?? 0;
    this.status = options.isPaused ? 'paused' : 'running';
    this.board = new StepBoard(trials, ({ order }) => stepCost(order, sizeOf(order.model)), options.skipped);
    this.journal = new RunJournal(id, workspace, this.board, {
      trialChanged: (trialId) => events.trialChanged(trialId),
      failed: (error) => this.journalFailed(error),
    });
    this.lost = new LostArtifacts(workspace);
    const largest = Math.max(0, ...[...models.values()].map(({ sizeBytes }) => sizeBytes));
    this.room = new RoomKeeper(workspace.folder, largest, () => this.roomChanged());
    // As if it had never stopped.
    this.startedAt = Date.now() - (workspace.runs.find(id)?.elapsedMs ?? 0);
    this.findKnown();
  }

  stateOf(key: string): StepState | undefined {
    return this.board.stateOf(key);
  }

  /** Ids of the trials with something left to do, the next first. */
  get upcoming(): string[] {
    return this.board.upcoming.map(({ id }) => id);
  }

  private get elapsedMs(): number {
    return Date.now() - this.startedAt;
  }

  private get isOver(): boolean {
    return this.status === 'cancelled' || this.status === 'stopped' || this.fatal !== undefined;
  }

  pause(): void {
    if (this.status !== 'running') return;
    this.takeBack();
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

  /** Nobody wants these trials any more: steps that are only theirs do not begin, or stop. */
  skip(trials: readonly string[]): void {
    this.board.skip(trials);
    for (const [key, { abort }] of this.handedIn) if (!this.board.isWanted(key)) abort.abort();
    this.rearranged(trials);
  }

  /** These trials come next, also where they were skipped. What is under way is finished first. */
  prefer(trials: readonly string[]): void {
    this.board.prefer(trials);
    this.findKnown();
    this.rearranged(trials);
  }

  /** Runs to the end. @throws `output.unwritable`: nothing more could be kept */
  async run(): Promise<RunStatus> {
    this.updateAll();
    const { deadline } = this.options;
    const alarm = deadline && setTimeout(() => this.end('stopped'), Math.max(0, deadline - Date.now()));
    for (;;) {
      if (!this.isOver && this.status === 'running' && !this.room.isWaiting) this.handInReadySteps();
      if (this.handedIn.size === 0 && this.isOver) break;
      if (this.handedIn.size === 0 && this.board.open.length === 0) {
        await this.mendAll();
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

  private end(status: 'cancelled' | 'stopped'): void {
    if (this.status === 'running' || this.status === 'paused') this.setStatus(status);
    for (const { abort } of this.handedIn.values()) abort.abort();
    this.room.end();
    this.wake();
  }

  private findKnown(): void {
    const finished = finishedIn(this.context.workspace, this.board.steps, this.options.again);
    for (const { key } of this.board.open)
      if (!this.handedIn.has(key) && finished.has(key)) this.board.set(key, 'done');
  }

  private rearranged(trials: readonly string[]): void {
    this.takeBack();
    for (const trial of this.board.trials) if (trials.includes(trial.id)) this.journal.trial(trial, this.status);
    this.announce();
    this.wake();
  }

  private handInReadySteps(): void {
    for (const step of this.board.open) {
      if (this.handedIn.has(step.key)) continue;
      const failed = this.board.failedNeed(step);
      if (failed) {
        this.board.fail(step.key, failed);
        this.updateTrialsOf(step);
      } else if (this.board.isReady(step)) void this.runStep(step);
    }
  }

  /** Steps that have not begun go back to the run. */
  private takeBack(): void {
    for (const { abort, startedAt } of this.handedIn.values()) if (startedAt === undefined) abort.abort();
  }

  private async runStep(step: PlannedStep): Promise<void> {
    const place: Place = { abort: new AbortController(), fraction: 0, stage: step.title };
    this.handedIn.set(step.key, place);
    try {
      await this.compute(step, place);
      this.board.set(step.key, 'done');
      this.remaining.add(step, Date.now() - place.startedAt!);
      this.room.eased();
    } catch (thrown) {
      await this.afterFailure(step, place, this.journal.errorOf(thrown));
    } finally {
      this.handedIn.delete(step.key);
      if (place.startedAt !== undefined) {
        this.updateTrialsOf(step);
        this.journal.elapsed(this.elapsedMs);
      }
      this.announce();
      this.wake();
    }
  }

  /** What can be tried again waits; all else has failed. */
  private async afterFailure(step: PlannedStep, { discarded }: Place, error: AppError): Promise<void> {
    const { key } = step;
    const isDamaged = error.code === 'artifact.damaged' || error.code === 'content.missing';
    const needed = this.board.steps.filter((other) => step.needs.includes(other.key));
    if (error.code === 'output.disk-full') this.waitForRoom(error);
    else if (error.code === 'worker.crashed' && !this.crashed.has(key)) {
      this.crashed.add(key);
      this.journal.log(step, `its process ended unexpectedly (${error.facts.detail}); it is tried once more`);
    } else if (error.code !== 'cancelled' && !(isDamaged && (await this.mend(needed)))) {
      this.fail(step, error);
      if (error.code === 'output.unwritable') this.stop(error);
      return;
    }
    await discarded;
    this.board.set(key, 'waiting');
  }

  private async compute(step: PlannedStep, place: Place): Promise<void> {
    const { workspace } = this.context;
    const { limits, coolDownMs = 0 } = this.options;
    const notes: string[] = [];
    const outputPath = workspace.artifacts.reserve(incomingName(step.key));
    const format = formatOf(step.order);
    const started = (): void => {
      place.startedAt = Date.now();
      this.board.set(step.key, 'running');
      this.updateTrialsOf(step);
      this.announce();
      this.journal.log(step);
    };
    const settle = async (result: unknown): Promise<void> => {
      const elapsedMs = Date.now() - place.startedAt! - (step.kind === 'measure' ? coolDownMs : 0);
      const adopted = format && (await this.persist(place, () => workspace.artifacts.adopt(outputPath, format)));
      const artifact = adopted ? adopted.sha256 : undefined;
      if (this.lost.isAnother(step.key, artifact)) this.computeAgain(this.board.dependentsOf(step.key));
      const finished = { key: step.key, kind: step.kind, result, artifact, notes, elapsedMs };
      await this.persist(place, () => workspace.steps.record(finished, this.id));
      this.journal.log(step, `done in ${(elapsedMs / 1000).toFixed(1)} s`);
    };
    const progress = (stage: string, done: number, total: number): void => {
      place.fraction = total > 0 ? done / total : 0;
      place.stage = stage;
      this.announce();
    };
    try {
      const job = orderOfStep(step, this.context);
      const note = (sentence: string): void => void notes.push(sentence);
      const events = { started, progress, note, log: (line: string) => this.journal.line(step, line) };
      const placed = { order: this.board.placeOf(step.key), limits, coolDownMs, settle };
      await this.executor.run(job, events, place.abort.signal, placed);
    } catch (thrown) {
      // Not waited for: the state must be known before the core goes to the next. What stays is swept when the run ends.
      if (place.startedAt !== undefined)
        place.discarded = workspace.artifacts.discard(outputPath).catch(() => undefined);
      throw thrown;
    }
  }

  /** Keeps a result however long it takes until there is room for it: it must not be computed twice. */
  private async persist<T>({ abort }: Place, act: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (thrown) {
        const error = this.journal.errorOf(thrown);
        if (error.code !== 'output.disk-full' || this.isOver) throw error;
        await this.room.wait(error);
        if (abort.signal.aborted) throw new AppError('cancelled');
      }
    }
  }

  /** Sees to it that damaged files are made again. Answers whether some of the steps are not done (any more). */
  private async mend(steps: readonly PlannedStep[]): Promise<boolean> {
    for (const step of steps) {
      if (this.board.stateOf(step.key) !== 'done' || (await this.lost.isWhole(step))) continue;
      const error = this.lost.tooOften(step);
      if (error) this.fail(step, error);
      else {
        this.journal.log(step, 'its file is damaged or gone and is made again');
        this.computeAgain([step]);
      }
    }
    return steps.some(({ key }) => this.board.stateOf(key) !== 'done');
  }

  /** Before the run is called done: every file that it names holds what it says, unless it was collected. */
  private mendAll(): Promise<boolean> {
    const { board, lost } = this;
    return this.mend(board.steps.filter((step) => board.stateOf(step.key) === 'done' && lost.isThere(step)));
  }

  private computeAgain(steps: readonly PlannedStep[]): void {
    for (const step of steps) {
      this.handedIn.get(step.key)?.abort.abort();
      this.journal.keep(() => this.lost.forget(step));
      if (this.board.stateOf(step.key) === 'done') this.board.set(step.key, 'waiting');
      this.updateTrialsOf(step);
    }
  }

  private fail(step: PlannedStep, error: AppError): void {
    this.board.fail(step.key, error);
    this.journal.failure(step, error);
    this.updateTrialsOf(step);
  }

  private updateTrialsOf(step: PlannedStep): void {
    this.journal.trialsOf(step, this.status);
  }

  private updateAll(): void {
    for (const trial of this.board.trials) this.journal.trial(trial, this.status);
    this.announce();
  }

  private setStatus(status: RunStatus): void {
    this.status = status;
    this.journal.run(status);
    this.announce();
    this.wake();
  }

  /** Without room it waits; anything else means that nothing more can be kept. */
  private journalFailed(error: AppError): void {
    if (error.code === 'output.disk-full') this.waitForRoom(error);
    else this.stop(error);
  }

  private waitForRoom(error: AppError): void {
    if (!this.isOver) void this.room.wait(error);
  }

  private roomChanged(): void {
    if (this.room.isWaiting) this.takeBack();
    // What could not be written meanwhile.
    else this.updateAll();
    this.announce();
    this.wake();
  }

  /** Nothing more can be kept: what is under way ends, what waits does not begin. */
  private stop(error: AppError): void {
    this.fatal ??= error;
    this.takeBack();
    this.wake();
  }

  private announce(): void {
    const { id, status, board, room, elapsedMs } = this;
    const first = [...this.handedIn].find(([, { startedAt }]) => startedAt !== undefined);
    const left = board.open.map((step) => ({ step, share: 1 - (this.handedIn.get(step.key)?.fraction ?? 0) }));
    this.events.progress(
      runProgress({
        id,
        status,
        board,
        underWay: first && { key: first[0], stage: first[1].stage, fraction: first[1].fraction },
        waitsForBytes: room.isWaiting ? room.wantedBytes : undefined,
        elapsedMs,
        remainingMs: this.remaining.estimate(left, this.executor.slots),
      }),
    );
  }
}
