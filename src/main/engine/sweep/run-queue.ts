import { AppError, toAppError } from '@shared/errors';
import type { RunSummary } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { Workspace } from '../store/workspace';
import type { PreparedSweep } from './prepare-sweep';
import type { RunManager } from './run-manager';

/** Sweeps that wait for the run under way to end; in the journal, so that they outlive this process. */
export class RunQueue {
  private isBeginning = false;
  /** Whether something else has its turn: a search, which is many runs. */
  isHeld: () => boolean = () => false;

  /** @param prepare opens the models and images of a sweep */
  constructor(
    private readonly workspace: Workspace,
    private readonly runs: RunManager,
    private readonly prepare: (sweep: SweepFile) => Promise<PreparedSweep>,
  ) {}

  /** From here on a run that ends makes room for the next. */
  watch(): void {
    this.runs.onIdle(() => void this.next());
  }

  /** Starts a sweep, or has it wait behind those that are there. Throws what preparing it throws, `store.busy`. */
  async add(sweep: SweepFile): Promise<RunSummary> {
    const prepared = await this.prepare(sweep);
    const waits = this.runs.activeRun !== undefined || this.isBeginning || this.isHeld();
    const id = waits ? this.runs.enqueue(prepared) : this.runs.start(prepared).id;
    return this.runs.summary(this.runs.record(id));
  }

  /** @throws `run.not-found` where no such run waits */
  remove(id: string): void {
    if (!this.workspace.runs.withdraw(id))
      throw new AppError('run.not-found', { run: id, path: `${this.workspace.folder} (not queued)` });
  }

  /** Begins the next run that waits, where none is under way. One that cannot begin has failed, and the one behind it is next. */
  async next(): Promise<void> {
    if (this.isBeginning) return;
    this.isBeginning = true;
    try {
      for (let id = this.nextId(); id !== undefined; id = this.nextId()) {
        try {
          this.runs.resume(id, await this.prepare(this.runs.record(id).sweep));
        } catch (thrown) {
          const error = toAppError(thrown);
          // Another process is at work here: it is that one's turn.
          if (error.code === 'store.busy') return;
          this.fail(id, error);
        }
      }
    } catch {
      // Not even that can be written: the queue stays as it is.
    } finally {
      this.isBeginning = false;
    }
  }

  private nextId(): string | undefined {
    return this.runs.activeRun === undefined && !this.isHeld() ? this.workspace.runs.queued()[0] : undefined;
  }

  private fail(id: string, error: AppError): void {
    const { runs } = this.workspace;
    for (const trial of runs.trials(id))
      if (trial.status !== 'done') runs.setTrialStatus(id, trial.id, 'failed', error.toReport());
    runs.setRunStatus(id, 'failed');
  }
}
