import { randomUUID } from 'node:crypto';
import { AppError, toAppError } from '@shared/errors';
import type { RunStatus } from '@shared/run';
import { durationMs } from '@shared/search';
import type { SearchProgress, SearchRecord, SearchState } from '@shared/search-state';
import type { SweepFile } from '@shared/sweep-file';
import { searchNetwork } from './search/search-network';
import { searchRecord } from './search/search-record';
import type { Workspace } from './store/workspace';
import { nextTimeOfDay } from './sweep/deadline';
import type { PreparedSweep } from './sweep/prepare-sweep';
import type { RunManager } from './sweep/run-manager';
import type { RunQueue } from './sweep/run-queue';

/** A search that is still to be done. */
interface PendingSearch {
  id: string;
  sweep: SweepFile;
  /** The run of the recipes beside it: it comes first. */
  behind?: string;
  /** When it has to be over, milliseconds since 1970. */
  deadline?: number;
}

type Wanted = Omit<PendingSearch, 'id'>;

/** The part of the engine that a search works with. */
export interface SearchBench {
  workspace: Workspace;
  runs: RunManager;
  queue: RunQueue;
  prepare(sweep: SweepFile, options?: { signal?: AbortSignal }): Promise<PreparedSweep>;
  changed(state: SearchState): void;
  /** Nothing is under way any more. */
  idle(): void;
}

const pendingKey = 'searches';
const nothingYet: SearchProgress = { stage: 'waiting', trials: 0, finalists: 0, best: [] };

/**
 * Carries out searches one after another, in turn with the runs of the queue: a search is many runs, and nothing comes between them. What is
 * still to be done is in the journal, so that a search outlives this process.
 */
export class SearchDesk {
  private underWay: { id: string; abort: AbortController; enough: AbortController } | undefined;
  private pending: readonly PendingSearch[];
  private state: SearchState | undefined;

  constructor(private readonly bench: SearchBench) {
    bench.queue.isHeld = () => this.isOn;
    this.pending = bench.workspace.settings.get<PendingSearch[]>(pendingKey) ?? [];
  }

  /** Also between two runs of a search. */
  get isOn(): boolean {
    return this.underWay !== undefined;
  }

  /** From here on a run that ends makes room for a search that waits; called before the queue's, so that a search has its turn first. */
  watch(): void {
    this.bench.runs.onIdle(() => this.next());
  }

  /** Takes in searches; the first begins when nothing is under way. */
  add(searches: readonly Wanted[]): void {
    if (!this.isOn) this.state = undefined;
    this.keep([...this.pending, ...searches.map((search) => ({ ...search, id: randomUUID() }))]);
    this.next();
    const [first] = this.pending;
    if (!this.isOn && first) this.state = stateOf(first.sweep, []);
    this.tell({});
  }

  /** The searches that a sweep asks for beside its recipes, one a model; they begin when the run of the recipes has ended. */
  addBeside(sweep: SweepFile, run: string): void {
    const deadline = sweep.until === undefined ? undefined : nextTimeOfDay(sweep.until, Date.now());
    this.add(
      sweep.models.map((model, at) => {
        const name = `${sweep.name}, search ${at + 1}`.slice(0, 180);
        return { sweep: { ...sweep, name, models: [model] }, behind: run, deadline };
      }),
    );
  }

  /** Goes on with the search that a run belongs to. @throws `run.of-search` where nothing is kept of it */
  resume(run: string): void {
    const record = this.record(run);
    if (!record) throw new AppError('run.of-search', { run: this.bench.runs.record(run).name });
    this.add([{ sweep: record.sweep }]);
  }

  record(run: string): SearchRecord | undefined {
    return searchRecord(this.bench.workspace, run);
  }

  /** Whether a run is that of the search under way. */
  owns(run: string): boolean {
    return this.isOn && (this.bench.runs.activeRun === run || this.state?.run === run);
  }

  /** Stops the search under way and forgets those that wait; every trial is kept. */
  cancel(): void {
    this.keep(this.pending.filter(({ id }) => id === this.underWay?.id));
    this.underWay?.abort.abort();
    this.tell(this.isOn ? {} : { stage: 'ended' });
  }

  /** No more is tried; what the search under way found so far is confirmed. */
  finish(): void {
    this.underWay?.enough.abort();
    this.tell({ isFinishing: true });
  }

  /** This process ends because a person wants it to: searches wait for that person. */
  leave(): void {
    this.keep([]);
  }

  /** Begins the search whose turn it is, if any. */
  next(): void {
    if (this.isOn || this.bench.runs.activeRun !== undefined) return;
    this.keep(this.pending.filter((search) => !this.isOff(search)));
    const turn = this.pending.find((search) => !this.comesLater(search));
    if (turn) void this.carryOut(turn);
  }

  private async carryOut({ id, sweep, deadline }: PendingSearch): Promise<void> {
    const { workspace, runs, prepare, queue } = this.bench;
    const [abort, enough] = [new AbortController(), new AbortController()];
    this.underWay = { id, abort, enough };
    this.state = stateOf(sweep, this.state?.ended ?? []);
    const outcome = await searchNetwork(sweep, {
      workspace,
      runs,
      signal: abort.signal,
      enough: enough.signal,
      deadline,
      say: () => undefined,
      tell: (progress) => {
        const { run } = progress;
        const isNew = run !== undefined && this.state?.run === undefined;
        this.tell({ ...progress, ...(isNew && { elapsedBeforeMs: workspace.runs.find(run)?.elapsedMs ?? 0 }) });
      },
      prepare: (one) => prepare(one, { signal: abort.signal }),
      place: () => Promise.resolve(({ artifact }) => artifact!.path),
    }).then(
      ({ runs: found }) => ({ run: found.confirmation ?? found.candidates }),
      (thrown: unknown) => ({ run: this.state?.run, problem: toAppError(thrown).toReport() }),
    );
    this.underWay = undefined;
    this.keep(this.pending.filter((other) => other.id !== id));
    this.tell({ stage: 'ended', ended: [...(this.state?.ended ?? []), { name: sweep.name, ...outcome }] });
    this.next();
    if (this.isOn) return;
    this.bench.idle();
    void queue.next();
  }

  private tell(change: Partial<SearchState>): void {
    if (!this.state) return;
    const waiting = this.pending.filter(({ id }) => id !== this.underWay?.id).length;
    this.state = { ...this.state, ...change, waiting };
    this.bench.changed(this.state);
  }

  /** The run beside it was deleted, cancelled or out of time: then it is not wanted any more. */
  private isOff({ behind }: PendingSearch): boolean {
    if (behind === undefined) return false;
    const status = this.statusOf(behind);
    return status === undefined || status === 'cancelled' || status === 'stopped';
  }

  private comesLater({ behind }: PendingSearch): boolean {
    return behind !== undefined && !['done', 'failed'].includes(this.statusOf(behind)!);
  }

  private statusOf(run: string): RunStatus | undefined {
    return this.bench.workspace.runs.find(run)?.status;
  }

  private keep(searches: readonly PendingSearch[]): void {
    if (searches.length === this.pending.length && searches.every((search, at) => search === this.pending[at])) return;
    this.pending = searches;
    try {
      this.bench.workspace.settings.set(pendingKey, searches);
    } catch {
      // On a full disk the journal keeps what it had: a search that has ended only answers again.
    }
  }
}

function stateOf({ name, search }: SweepFile, ended: SearchState['ended']): SearchState {
  const budgetMs = durationMs(search!.budget)!;
  const isFinishing = false;
  return { ...nothingYet, name, budgetMs, beganAt: Date.now(), elapsedBeforeMs: 0, isFinishing, waiting: 0, ended };
}
