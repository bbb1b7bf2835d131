import { AppError, toAppError } from '@shared/errors';
import type { RunStatus } from '@shared/run';
import type { Workspace } from '../store/workspace';
import type { PlannedStep, TrialPlan } from './plan';
import type { StepBoard } from './step-board';
import { trialStatus } from './trial-status';

interface RunJournalEvents {
  trialChanged(trialId: string): void;
  /** Something could not be written. */
  failed(error: AppError): void;
}

/** What a run under way tells the journal beside the results of its steps. It never throws: what cannot be written is announced. */
export class RunJournal {
  constructor(
    private readonly id: string,
    private readonly workspace: Workspace,
    private readonly board: StepBoard,
    private readonly events: RunJournalEvents,
  ) {}

  /** The status of every trial that has the step. */
  trialsOf({ key }: PlannedStep, run: RunStatus): void {
    for (const trial of this.board.trialsOf(key)) this.trial(trial, run);
  }

  trial({ id, steps }: TrialPlan, run: RunStatus): void {
    const states = steps.map(({ key }) => this.board.stateOf(key)!);
    const status = trialStatus(states, run, this.board.isSkipped(id));
    const failed = status === 'failed' ? steps.find(({ key }) => this.board.stateOf(key) === 'failed') : undefined;
    this.keep(() => {
      const error = failed && this.board.errorOf(failed.key)?.toReport();
      this.workspace.runs.setTrialStatus(this.id, id, status, error);
      this.events.trialChanged(id);
    });
  }

  run(status: RunStatus): void {
    this.keep(() => this.workspace.runs.setRunStatus(this.id, status));
  }

  elapsed(elapsedMs: number): void {
    this.keep(() => this.workspace.runs.setElapsed(this.id, elapsedMs));
  }

  /** A line in the log of a trial that wants the step. */
  log({ key, kind, title }: PlannedStep, sentence?: string): void {
    this.line({ key }, `${kind} ${title}${sentence === undefined ? '' : `: ${sentence}`}`);
  }

  /** Into the log of every trial that has the step: none of them will go on. */
  failure({ key, kind, title }: PlannedStep, error: AppError): void {
    for (const { id } of this.board.trialsOf(key))
      this.keep(() => this.workspace.runs.appendLog(this.id, id, `${kind} ${title}: failed. ${error.message}`));
  }

  /** A line as a worker says it. */
  line({ key }: Pick<PlannedStep, 'key'>, line: string): void {
    this.keep(() => this.workspace.runs.appendLog(this.id, this.board.ownerOf(key).id, line));
  }

  /** What was thrown, as an error; `output.disk-full` where SQLite had no space. */
  errorOf(thrown: unknown): AppError {
    if (!isDiskFull(thrown)) return toAppError(thrown);
    return new AppError('output.disk-full', { path: this.workspace.folder }, { cause: thrown });
  }

  keep(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.events.failed(this.errorOf(thrown));
    }
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
