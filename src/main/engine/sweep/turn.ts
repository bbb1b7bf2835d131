import { AppError } from '@shared/errors';
import { RunLock } from '../store/run-lock';
import type { RunManager } from './run-manager';

/** After which who waits is asked again, where nothing could begin. */
const lookAgainMs = 5000;

/**
 * Whose turn it is in this process: one at a time prepares, or runs. A turn begins before models and images are opened, which takes a while, and lasts
 * until a run is under way, a search has ended, or nothing came of it. So whoever has begun to prepare never finds the workspace taken.
 */
export class Turn {
  private owner: string | undefined;
  private readonly listeners: (() => void)[] = [];
  private later: NodeJS.Timeout | undefined;

  constructor(
    private readonly folder: string,
    private readonly runs: Pick<RunManager, 'activeRun' | 'onIdle'>,
    /** Whether another process is at work on the folder. */
    private readonly isElsewhere = () => isLocked(folder),
  ) {
    runs.onIdle(() => this.pass());
  }

  /** Nothing is under way here, nor prepared. */
  get isFree(): boolean {
    return this.owner === undefined && this.runs.activeRun === undefined;
  }

  /** Called whenever nothing is under way any more, one listener after another until one takes the turn. It must not throw. */
  onFree(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Does something as the only one.
   * @param owner who has the turn, for those who are refused
   * Throws `store.busy`, and what `act` throws.
   */
  async take<T>(owner: string, act: () => Promise<T>): Promise<T> {
    if (!this.isFree)
      throw new AppError('store.busy', { path: this.folder, owner: this.owner ?? `run ${this.runs.activeRun}` });
    this.owner = owner;
    try {
      return await act();
    } finally {
      this.owner = undefined;
      this.pass();
    }
  }

  /** Nothing can begin now: another process is at work here, or the disk is full. Who waits is asked again after a while. */
  lookAgainLater(): void {
    this.later ??= setTimeout(() => {
      this.later = undefined;
      if (this.isElsewhere()) this.lookAgainLater();
      else this.pass();
    }, lookAgainMs).unref();
  }

  private pass(): void {
    if (this.later) return;
    for (const listener of this.listeners) if (this.isFree) listener();
  }
}

/** Tried before anything is prepared again, which would disturb what is measured there. */
function isLocked(folder: string): boolean {
  try {
    const lock = RunLock.tryAcquire(folder);
    lock?.release();
    return lock === undefined;
  } catch {
    return true;
  }
}
