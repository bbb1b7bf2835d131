import { AppError, toAppError } from '@shared/errors';
import type { Manifest, RunSummary } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { Workspace } from '../store/workspace';
import type { PreparedSweep } from './prepare-sweep';
import type { Launched, ResumeOptions, RunManager } from './run-manager';
import type { Turn } from './turn';

/** Begins runs in their turn. Sweeps that wait for what is under way to end are in the journal, so that they outlive this process. */
export class RunQueue {
  /** @param prepare opens the models and images of a sweep */
  constructor(
    private readonly workspace: Workspace,
    private readonly runs: RunManager,
    private readonly turn: Turn,
    private readonly prepare: (
      sweep: SweepFile,
      options?: { planned?: Manifest['elsewhere'] },
    ) => Promise<PreparedSweep>,
  ) {}

  /** From here on a run that ends makes room for the next. */
  watch(): void {
    this.turn.onFree(() => void this.next());
  }

  /** Starts a sweep, or has it wait behind those that are there. Throws what preparing it throws, `store.busy`. */
  async add(sweep: SweepFile): Promise<RunSummary> {
    const prepared = await this.prepare(sweep);
    const id = this.turn.isFree ? this.runs.start(prepared).id : this.runs.enqueue(prepared);
    return this.runs.summary(this.runs.record(id));
  }

  /** Takes a run up again, before those that wait. Throws `store.busy` where it is somebody else's turn, and as `RunManager.resumable`, preparing it and resuming it do. */
  resume(id: string, options?: ResumeOptions): Promise<Launched> {
    return this.turn.take(`run ${id}`, async () => {
      const planned = this.runs.record(id).manifest.elsewhere;
      return this.runs.resume(id, await this.prepare(this.runs.resumable(id), { planned }), options);
    });
  }

  /** @throws `run.not-found` where no such run waits */
  remove(id: string): void {
    if (!this.workspace.runs.withdraw(id))
      throw new AppError('run.not-found', { run: id, path: `${this.workspace.folder} (not queued)` });
  }

  /** Begins the next run that waits, where it is its turn. One that cannot begin has failed, and the one behind it is next. */
  async next(): Promise<void> {
    try {
      if (!this.turn.isFree || this.nextId() === undefined) return;
      // What cannot even be written leaves the queue as it is.
      await this.turn.take('the queue', () => this.beginOne().catch(() => this.turn.lookAgainLater()));
    } catch {
      // The journal cannot be read: whoever asks it next says so.
    }
  }

  private async beginOne(): Promise<void> {
    for (let id = this.nextId(); id !== undefined; id = this.nextId()) {
      try {
        const { sweep, manifest } = this.runs.record(id);
        const prepared = await this.prepare(sweep, { planned: manifest.elsewhere });
        // Taken out of the queue meanwhile.
        if (this.nextId() !== id) continue;
        this.runs.resume(id, prepared);
        return;
      } catch (thrown) {
        const error = toAppError(thrown);
        // Another process is at work here: it is that one's turn.
        if (error.code === 'store.busy') return this.turn.lookAgainLater();
        this.fail(id, error);
      }
    }
  }

  private nextId(): string | undefined {
    return this.workspace.runs.queued()[0];
  }

  private fail(id: string, error: AppError): void {
    const { runs } = this.workspace;
    for (const trial of runs.statuses(id))
      if (trial.status !== 'done') runs.setTrialStatus(id, trial.id, 'failed', error.toReport());
    runs.setRunStatus(id, 'failed');
  }
}
