import { AppError } from '@shared/errors';
import type { RunProgress } from '@shared/run';
import { durationMs } from '@shared/search';
import type { EndedSearch, SearchProgress, SearchRecord, SearchState } from '@shared/search-state';
import type { SweepFile } from '@shared/sweep-file';
import { ActiveSearch, type SearchBench } from './active-search';
import { PendingSearches, type PendingSearch } from './search/pending-searches';
import { searchRecord } from './search/search-record';
import { nextTimeOfDay } from './sweep/deadline';
import type { Turn } from './sweep/turn';

interface DeskBench extends SearchBench {
  turn: Turn;
  changed(state: SearchState): void;
  /** No search is under way any more. */
  idle(): void;
}

/** What of the state is kept; the rest is looked up whenever it is told. */
type Told = Omit<SearchState, 'toldAt' | 'waiting' | 'isHeld'>;

const nothingYet: SearchProgress = { stage: 'waiting', trials: 0, finalists: 0, best: [] };

/**
 * Carries out searches one after another, in turn with the runs of the queue: a search is many runs, and nothing comes between them. What is
 * still to be done is in the journal, so that a search outlives this process.
 */
export class SearchDesk {
  private readonly pending: PendingSearches;
  private active: ActiveSearch | undefined;
  private state: Told | undefined;
  /** The run whose clock was told last. */
  private timed: string | undefined;

  constructor(private readonly bench: DeskBench) {
    this.pending = new PendingSearches(bench.workspace);
    this.showFirst();
  }

  /** Also between two runs of a search. */
  get isOn(): boolean {
    return this.active !== undefined;
  }

  /** Whether some search is still to be done. */
  get isWanted(): boolean {
    return this.pending.all.length > 0;
  }

  /** From here on searches have their turn when nothing is under way: before the queue, if they are told so before it. */
  watch(): void {
    this.bench.turn.onFree(() => this.next());
  }

  /** Says what waits since the process before. */
  announce(): void {
    this.tell({});
  }

  /** Takes in searches; the first begins when nothing is under way. */
  add(searches: readonly Omit<PendingSearch, 'id'>[]): void {
    this.pending.add(searches);
    this.pending.release();
    if (!this.isOn) {
      this.pending.forgetEnded();
      this.showFirst();
    }
    this.next();
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
    if (this.pending.has(record.sweep)) this.continue();
    else this.add([{ sweep: record.sweep }]);
  }

  record(run: string): SearchRecord | undefined {
    return searchRecord(this.bench.workspace, run);
  }

  /** Whether a run is that of the search under way. */
  owns(run: string): boolean {
    return this.active?.owns(run) === true;
  }

  /** Steps under way are finished, and nothing else begins. The budget stands still. */
  pause(): void {
    if (!this.active) return;
    this.pending.change(this.active.id, { isPaused: true });
    this.active.pause();
  }

  /** Goes on after a pause, or with what waits since somebody left. */
  continue(): void {
    this.pending.release();
    if (this.active) {
      this.pending.change(this.active.id, { isPaused: false });
      this.active.continue();
    } else {
      this.next();
      this.tell({});
    }
  }

  /** Stops the search under way and forgets those that wait; every trial is kept. */
  cancel(): void {
    this.pending.removeOthers(this.active?.id);
    this.active?.cancel();
    this.tell(this.isOn ? {} : { stage: 'ended' });
  }

  /** No more is tried; what the search under way found so far is confirmed. */
  finish(): void {
    if (!this.active) return;
    this.pending.change(this.active.id, { isFinishing: true, isPaused: false });
    this.tell({ isFinishing: true });
    this.active.finish();
  }

  /** This process ends because a person wants it to: searches wait for that person. */
  leave(): void {
    this.pending.hold();
  }

  /** Begins the search whose turn it is, if any. */
  next(): void {
    if (!this.bench.turn.isFree) return;
    const search = this.pending.next();
    if (search) void this.carryOut(this.pending.begin(search.id));
  }

  /** A run is further: the clock of its search is told where it stands still, goes on, or is that of another run. */
  progressed({ run, status }: RunProgress): void {
    if (!this.active) return;
    const isPaused = this.active.standsStill(status);
    if (isPaused === this.state!.isPaused && run === this.timed) return;
    this.timed = run;
    this.tell({ isPaused });
  }

  private async carryOut(search: PendingSearch): Promise<void> {
    const { turn } = this.bench;
    const active = new ActiveSearch(search, this.bench, (change) => this.tell(change));
    const { isPaused = false, isFinishing = false } = search;
    this.active = active;
    this.timed = undefined;
    this.state = { ...stateOf(search.sweep, this.pending.ended), isPaused, isFinishing };
    await turn.take('a search', async () => this.ended(active, await active.carryOut()));
    if (!this.isOn) this.bench.idle();
  }

  private ended({ id }: ActiveSearch, ended: EndedSearch): void {
    this.active = undefined;
    // Another process is at work here: it is that one's turn.
    if (ended.problem?.code === 'store.busy') {
      this.bench.turn.lookAgainLater();
      this.tell({ stage: 'waiting' });
      return;
    }
    this.pending.end(id, ended);
    this.tell({ stage: 'ended', ended: [...this.pending.ended] });
  }

  /** The first that waits; without one, how the last ones ended. */
  private showFirst(): void {
    const [first] = this.pending.all;
    const { ended } = this.pending;
    const last = ended.at(-1);
    this.state = first ? stateOf(first.sweep, ended) : last && { ...told(last.name, 0, ended), stage: 'ended' };
  }

  private tell(change: Partial<Told>): void {
    if (!this.state) return;
    const { budgetMs, leftMs } = this.state;
    const left = this.active ? Math.max(0, budgetMs - this.active.spentMs) : leftMs;
    this.state = { ...this.state, ...change, leftMs: left };
    const { stage } = this.state;
    const others = this.pending.all.length - (stage === 'ended' ? 0 : 1);
    this.bench.changed({
      ...this.state,
      toldAt: Date.now(),
      isHeld: this.pending.isHeld,
      waiting: Math.max(0, others),
    });
  }
}

const stateOf = ({ name, search }: SweepFile, ended: readonly EndedSearch[]): Told =>
  told(name, durationMs(search!.budget)!, ended);

function told(name: string, budgetMs: number, ended: readonly EndedSearch[]): Told {
  return {
    ...nothingYet,
    name,
    budgetMs,
    leftMs: budgetMs,
    beganAt: Date.now(),
    isPaused: false,
    isFinishing: false,
    ended: [...ended],
  };
}
