import { AppError, toAppError } from '@shared/errors';
import type { RunProgress, RunStatus } from '@shared/run';
import { incomingName } from '../store/artifacts';
import type { Executor } from './executor';
import { finishedIn } from './finished-steps';
import { distinctSteps, formatOf, type PlannedStep, type TrialPlan } from './plan';
import { orderOfStep, type OrderContext } from './order-of-step';
import { RemainingTime } from './remaining-time';

export interface SweepRunEvents {
  /** The trial's status or results changed; ask the store for it. */
  trialChanged(trialId: string): void;
  progress(progress: RunProgress): void;
}

/** What is known of a trial's current step while it runs. */
export type StepState = 'waiting' | 'running' | 'done' | 'failed';

interface Place {
  abort: AbortController;
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
  private readonly steps: PlannedStep[];
  private readonly states = new Map<string, StepState>();
  private readonly errors = new Map<string, AppError>();
  /** Steps the executor has, begun or not. */
  private readonly handedIn = new Map<string, Place>();
  private readonly remaining = new RemainingTime();
  private readonly startedAt: number;
  private status: RunStatus = 'running';
  private fatal: AppError | undefined;
  private wake: () => void = () => undefined;

  constructor(
    readonly id: string,
    private readonly trials: readonly TrialPlan[],
    private readonly context: OrderContext,
    private readonly executor: Executor,
    private readonly events: SweepRunEvents,
    /** Finished steps to compute anew. */
    again: ReadonlySet<string> = new Set(),
  ) {
    this.steps = distinctSteps(trials);
    // As if it had never stopped.
    this.startedAt = Date.now() - (context.workspace.runs.find(id)?.elapsedMs ?? 0);
    const finished = finishedIn(context.workspace, this.steps, again);
    for (const { key } of this.steps) this.states.set(key, finished.has(key) ? 'done' : 'waiting');
  }

  stateOf(key: string): StepState | undefined {
    return this.states.get(key);
  }

  private get elapsedMs(): number {
    return Date.now() - this.startedAt;
  }

  pause(): void {
    if (this.status !== 'running') return;
    this.takeBack();
    this.setStatus('paused');
  }

  continue(): void {
    if (this.status === 'paused') this.setStatus('running');
  }

  /** Stops the steps under way; finished ones stay. */
  cancel(): void {
    if (this.status === 'running' || this.status === 'paused') this.setStatus('cancelled');
    for (const { abort } of this.handedIn.values()) abort.abort();
    this.wake();
  }

  /** Runs to the end. @throws `output.disk-full`, `output.unwritable`: nothing more could be kept */
  async run(): Promise<RunStatus> {
    for (const trial of this.trials) this.updateTrial(trial);
    this.announce();
    for (;;) {
      const stopped = this.status === 'cancelled' || this.fatal !== undefined;
      if (!stopped && this.status === 'running') this.handInReadySteps();
      if (this.handedIn.size === 0 && (stopped || this.steps.every((step) => this.isSettled(step.key)))) break;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.fatal) this.setStatus('failed');
    else if (this.status !== 'cancelled') this.setStatus(this.errors.size > 0 ? 'failed' : 'done');
    for (const trial of this.trials) this.updateTrial(trial);
    this.announce();
    if (this.fatal) throw this.fatal;
    return this.status;
  }

  private isSettled(key: string): boolean {
    const state = this.states.get(key);
    return state === 'done' || state === 'failed';
  }

  private handInReadySteps(): void {
    for (const [order, step] of this.steps.entries()) {
      if (this.states.get(step.key) !== 'waiting' || this.handedIn.has(step.key)) continue;
      const failedNeed = step.needs.find((need) => this.states.get(need) === 'failed');
      if (failedNeed !== undefined) {
        this.fail(step, this.errors.get(failedNeed)!);
        continue;
      }
      if (step.needs.every((need) => this.states.get(need) === 'done')) void this.runStep(step, order);
    }
  }

  /** Steps that have not begun go back to the run. */
  private takeBack(): void {
    for (const { abort, startedAt } of this.handedIn.values()) if (startedAt === undefined) abort.abort();
  }

  private async runStep(step: PlannedStep, order: number): Promise<void> {
    const place: Place = { abort: new AbortController(), fraction: 0, stage: step.title };
    this.handedIn.set(step.key, place);
    try {
      await this.compute(step, place, order);
      this.states.set(step.key, 'done');
      this.remaining.add(step, Date.now() - place.startedAt!);
    } catch (thrown) {
      const error = this.journalError(thrown);
      if (error.code === 'cancelled') this.states.set(step.key, 'waiting');
      else this.fail(step, error);
      if (error.code === 'output.disk-full' || error.code === 'output.unwritable') this.stop(error);
    } finally {
      this.handedIn.delete(step.key);
      if (place.startedAt !== undefined) {
        this.updateTrialsOf(step);
        this.keep(() => this.context.workspace.runs.setElapsed(this.id, this.elapsedMs));
      }
      this.announce();
      this.wake();
    }
  }

  private async compute(step: PlannedStep, place: Place, order: number): Promise<void> {
    const { workspace } = this.context;
    const owner = this.trialsOf(step)[0]!;
    const notes: string[] = [];
    // Workers log from their own events, where nobody would catch an error: it stops the run instead.
    const log = (line: string): void => this.keep(() => workspace.runs.appendLog(this.id, owner.id, line));
    const outputPath = workspace.artifacts.reserve(incomingName(step.key));
    const format = formatOf(step.order);
    const started = (): void => {
      place.startedAt = Date.now();
      this.states.set(step.key, 'running');
      this.updateTrialsOf(step);
      this.announce();
      log(`${step.kind} ${step.title}`);
    };
    const settle = async (result: unknown): Promise<void> => {
      const artifact = format ? (await workspace.artifacts.adopt(outputPath, format)).sha256 : undefined;
      const elapsedMs = Date.now() - place.startedAt!;
      workspace.steps.record({ key: step.key, kind: step.kind, result, artifact, notes, elapsedMs }, this.id);
      log(`${step.kind} ${step.title}: done in ${(elapsedMs / 1000).toFixed(1)} s`);
    };
    const progress = (stage: string, done: number, total: number): void => {
      place.fraction = total > 0 ? done / total : 0;
      place.stage = stage;
      this.announce();
    };
    try {
      const job = orderOfStep(step, this.context);
      const events = { started, progress, note: (sentence: string) => void notes.push(sentence), log };
      await this.executor.run(job, events, place.abort.signal, { order, settle });
    } catch (thrown) {
      // Not waited for: the state must be known before the core goes to the next. What stays is swept when the run ends.
      workspace.artifacts.discard(outputPath).catch(() => undefined);
      throw thrown;
    }
  }

  private fail(step: PlannedStep, error: AppError): void {
    this.states.set(step.key, 'failed');
    this.errors.set(step.key, error);
    this.updateTrialsOf(step);
  }

  private trialsOf(step: PlannedStep): TrialPlan[] {
    return this.trials.filter((trial) => trial.steps.some((other) => other.key === step.key));
  }

  private updateTrialsOf(step: PlannedStep): void {
    for (const trial of this.trialsOf(step)) this.updateTrial(trial);
  }

  private updateTrial(trial: TrialPlan): void {
    const states = trial.steps.map((step) => this.states.get(step.key)!);
    const failed = trial.steps.find((step) => this.states.get(step.key) === 'failed');
    const { runs } = this.context.workspace;
    const begun = states.includes('running') || states.includes('done');
    this.keep(() => {
      if (states.every((state) => state === 'done')) runs.setTrialStatus(this.id, trial.id, 'done');
      else if (failed && !states.includes('running')) {
        runs.setTrialStatus(this.id, trial.id, 'failed', this.errors.get(failed.key)!.toReport());
      } else if (this.status === 'cancelled') runs.setTrialStatus(this.id, trial.id, 'cancelled');
      else if (begun) runs.setTrialStatus(this.id, trial.id, this.status === 'failed' ? 'interrupted' : 'running');
      else runs.setTrialStatus(this.id, trial.id, 'waiting');
      this.events.trialChanged(trial.id);
    });
  }

  private setStatus(status: RunStatus): void {
    this.status = status;
    this.keep(() => this.context.workspace.runs.setRunStatus(this.id, status));
    this.announce();
    this.wake();
  }

  /** A use of the journal outside a step: when it fails, nothing more can be kept and the run stops. */
  private keep(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.stop(this.journalError(thrown));
    }
  }

  /** Nothing more can be kept: what is under way ends, what waits does not begin. */
  private stop(error: AppError): void {
    this.fatal ??= error;
    this.takeBack();
    this.wake();
  }

  private journalError(thrown: unknown): AppError {
    if (!isDiskFull(thrown)) return toAppError(thrown);
    return new AppError('output.disk-full', { path: this.context.workspace.folder }, { cause: thrown });
  }

  private announce(): void {
    const waiting = this.steps.filter((step) => !this.isSettled(step.key));
    const first = [...this.handedIn].find(([, { startedAt }]) => startedAt !== undefined);
    const under = first && this.steps.find((step) => step.key === first[0]);
    const left = waiting.map((step) => ({ step, share: 1 - (this.handedIn.get(step.key)?.fraction ?? 0) }));
    const estimate = this.remaining.estimate(left, this.executor.slots);
    const stepFraction = first?.[1].fraction;
    this.events.progress({
      run: this.id,
      status: this.status,
      stage: under ? `${this.trialsOf(under)[0]!.id}: ${first[1].stage}` : this.status === 'paused' ? 'paused' : '',
      done: this.steps.length - waiting.length,
      total: this.steps.length,
      elapsedMs: this.elapsedMs,
      remainingMs: estimate,
      stepFraction,
    });
  }
}

/** Whether SQLite could not write for want of space. */
export function isDiskFull(thrown: unknown): boolean {
  return (
    !(thrown instanceof AppError) &&
    thrown instanceof Error &&
    /disk is full|disk I\/O error|SQLITE_FULL/i.test(thrown.message)
  );
}
