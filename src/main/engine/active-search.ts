import { AppError, toAppError, type ErrorReport } from '@shared/errors';
import type { EndedSearch, SearchProgress } from '@shared/search-state';
import type { SweepFile } from '@shared/sweep-file';
import { leastRoomBytes, waitForRoom } from './files/room-on-disk';
import { storedPath } from './search/found-chain';
import type { PendingSearch } from './search/pending-searches';
import { searchNetwork } from './search/search-network';
import type { Workspace } from './store/workspace';
import type { PreparedSweep } from './sweep/prepare-sweep';
import { isDiskFull } from './sweep/run-journal';
import type { Launched, RunManager } from './sweep/run-manager';
import type { SweepRun } from './sweep/sweep-run';

/** The part of the engine that a search works with. */
export interface SearchBench {
  workspace: Workspace;
  runs: RunManager;
  prepare(sweep: SweepFile, options?: { signal?: AbortSignal }): Promise<PreparedSweep>;
}

/** One search while it is carried out. It is many runs; what is said to it is meant for all of them. */
export class ActiveSearch {
  readonly id: string;
  private readonly abort = new AbortController();
  private readonly enough = new AbortController();
  private isPaused: boolean;
  /** The run of its candidates, once there is one. */
  private candidates: string | undefined;

  /** @param tell hears where it is, whenever that changes */
  constructor(
    private readonly search: PendingSearch,
    private readonly bench: SearchBench,
    private readonly tell: (change: Partial<SearchProgress> & { isPaused?: boolean }) => void,
  ) {
    this.id = search.id;
    this.isPaused = search.isPaused === true;
    if (search.isFinishing) this.enough.abort();
  }

  /** Its run that is under way now; none while it prepares one. */
  get run(): SweepRun | undefined {
    const { runs } = this.bench;
    return runs.activeRun === undefined ? undefined : runs.control(runs.activeRun);
  }

  /** Time under way of its candidates and of what is confirmed, milliseconds. */
  get spentMs(): number {
    const { run, candidates } = this;
    const others = candidates === undefined || candidates === run?.id ? undefined : candidates;
    const before = others === undefined ? 0 : (this.bench.workspace.runs.find(others)?.elapsedMs ?? 0);
    return before + (run?.elapsedMs ?? 0);
  }

  owns(run: string): boolean {
    return run === this.candidates || run === this.bench.runs.activeRun;
  }

  pause(): void {
    this.isPaused = true;
    this.run?.pause();
    this.tell({ isPaused: true });
  }

  continue(): void {
    this.isPaused = false;
    this.run?.continue();
    this.tell({ isPaused: false });
  }

  /** No more is tried; what was found is confirmed. */
  finish(): void {
    this.enough.abort();
    this.continue();
  }

  cancel(): void {
    this.abort.abort();
  }

  /** Whether it stands still, by the status of its run. */
  standsStill(status: string): boolean {
    return this.isPaused || status === 'paused';
  }

  /** From beginning to end: how it ended is a value. */
  async carryOut(): Promise<EndedSearch> {
    for (;;) {
      const outcome = await this.attempt();
      const isFull = outcome.problem?.code === 'output.disk-full';
      if (!isFull || !(await this.hasRoomAgain(outcome.problem!))) return { name: this.search.sweep.name, ...outcome };
    }
  }

  private async attempt(): Promise<Omit<EndedSearch, 'name'>> {
    const { workspace, prepare } = this.bench;
    const { sweep, deadline, beganAt } = this.search;
    const { signal } = this.abort;
    try {
      const { runs } = await searchNetwork(sweep, {
        workspace,
        runs: this.pausableRuns(),
        signal,
        enough: this.enough.signal,
        deadline,
        beganAt,
        say: () => undefined,
        tell: (progress) => {
          this.candidates = progress.run;
          this.tell(progress);
        },
        prepare: (one) => prepare(one, { signal }),
        place: () => Promise.resolve(storedPath),
      });
      return { run: runs.confirmation ?? runs.candidates };
    } catch (thrown) {
      const isFull = isDiskFull(thrown);
      const error = isFull ? new AppError('output.disk-full', { path: workspace.folder }) : toAppError(thrown);
      return { run: this.candidates, problem: error.toReport() };
    }
  }

  /** What begins while the search is paused begins paused. */
  private pausableRuns(): Pick<RunManager, 'start' | 'resume' | 'control' | 'view'> {
    const { runs } = this.bench;
    const paused = (launched: Launched): Launched => {
      if (this.isPaused) runs.control(launched.id).pause();
      return launched;
    };
    return {
      start: (...words) => paused(runs.start(...words)),
      resume: (...words) => paused(runs.resume(...words)),
      control: (id) => runs.control(id),
      view: (id) => runs.view(id),
    };
  }

  /** Between its runs it meets a full disk as they do: it goes on when there is room. Answers false where it was cancelled. */
  private async hasRoomAgain({ facts }: ErrorReport): Promise<boolean> {
    this.tell({ isPaused: true });
    const path = typeof facts.path === 'string' ? facts.path : this.bench.workspace.folder;
    await waitForRoom(path, leastRoomBytes, this.abort.signal).catch(() => undefined);
    this.tell({ isPaused: this.isPaused });
    return !this.abort.signal.aborted;
  }
}
