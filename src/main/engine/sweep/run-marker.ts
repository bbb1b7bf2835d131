import { AppError } from '@shared/errors';
import type { RunEdit, RunSummary } from '@shared/run';
import { noSuchTrial } from '@shared/trial-of-run';
import type { Workspace } from '../store/workspace';
import type { RunManager } from './run-manager';

/** Names, notes, tags, stars, and deletion with a way back. @throws `run.not-found`, `run.damaged`, `trial.not-found`, `run.under-way` */
export class RunMarker {
  constructor(
    private readonly workspace: Workspace,
    private readonly runs: Pick<RunManager, 'name' | 'record' | 'summary'>,
  ) {}

  edit(run: string, change: RunEdit): RunSummary {
    this.runs.record(run);
    this.found(run, this.workspace.marks.edit(run, change));
    return this.runs.summary(this.runs.record(run));
  }

  delete(run: string): void {
    const name = this.runs.name(run);
    if (!this.workspace.marks.delete(run)) throw new AppError('run.under-way', { run: name });
  }

  restore(run: string): RunSummary {
    this.found(run, this.workspace.marks.restore(run));
    return this.runs.summary(this.runs.record(run));
  }

  star(run: string, trial: string, starred: boolean): void {
    this.runs.record(run);
    if (!this.workspace.marks.star(run, trial, starred)) throw this.noSuch(run, trial);
  }

  annotate(run: string, trial: string, note: string): void {
    this.runs.record(run);
    if (!this.workspace.marks.annotate(run, trial, note)) throw this.noSuch(run, trial);
  }

  private noSuch(run: string, trial: string): AppError {
    return noSuchTrial(this.workspace.runs.statuses(run), run, trial);
  }

  private found(run: string, isThere: boolean): void {
    if (!isThere) throw new AppError('run.not-found', { run, path: this.workspace.folder });
  }
}
