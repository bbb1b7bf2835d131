import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { RunStatus } from '@shared/run';
import type { EndedSearch } from '@shared/search-state';
import type { SweepFile } from '@shared/sweep-file';
import type { Workspace } from '../store/workspace';
import { canonicalJson } from '../jobs/step-key';
import { nextTimeOfDay } from '../sweep/deadline';

/** A search that is still to be done. */
export interface PendingSearch {
  id: string;
  sweep: SweepFile;
  /** The run of the recipes beside it: it comes first. */
  behind?: string;
  /** When it was begun, and when it has to be over, milliseconds since 1970. */
  beganAt?: number;
  deadline?: number;
  /** What somebody said of it while it was under way. */
  isPaused?: boolean;
  isFinishing?: boolean;
}

const listKey = 'searches';
const heldKey = 'searches held';
const overKey = 'searches over';

/** Searches that are still to be done in their order, the one under way among them. They are in the journal, so that they outlive this process. */
export class PendingSearches {
  private list: readonly PendingSearch[];
  /** A person left: none begins until somebody goes on. */
  private held: boolean;
  private over: readonly EndedSearch[];

  constructor(private readonly workspace: Pick<Workspace, 'settings' | 'runs'>) {
    const { settings } = workspace;
    this.list = settings.get<PendingSearch[]>(listKey) ?? [];
    this.held = settings.get<boolean>(heldKey) === true;
    this.over = settings.get<EndedSearch[]>(overKey) ?? [];
  }

  get all(): readonly PendingSearch[] {
    return this.list;
  }

  get isHeld(): boolean {
    return this.held && this.list.length > 0;
  }

  /** How the last of them ended: a person sees it until others begin or they leave, also where this process is a new one after a crash. */
  get ended(): readonly EndedSearch[] {
    return this.over;
  }

  /** Whether the same search is among them. */
  has(sweep: SweepFile): boolean {
    const wanted = canonicalJson(sweep);
    return this.list.some((search) => canonicalJson(search.sweep) === wanted);
  }

  add(searches: readonly Omit<PendingSearch, 'id'>[]): void {
    this.keep([...this.list, ...searches.map((search) => ({ ...search, id: randomUUID() }))]);
  }

  /** The search whose turn it is; those that nobody wants any more are forgotten. */
  next(): PendingSearch | undefined {
    this.keep(this.list.filter((search) => !this.isOff(search)));
    return this.held ? undefined : this.list.find((search) => !this.comesLater(search));
  }

  /** A search as it is when it begins, again after a crash: the time by which it is over is that of its first beginning. */
  begin(id: string): PendingSearch {
    const now = Date.now();
    const { beganAt = now, deadline, sweep } = this.list.find((search) => search.id === id)!;
    const { until } = sweep;
    this.change(id, {
      beganAt,
      deadline: deadline ?? (until === undefined ? undefined : nextTimeOfDay(until, beganAt)),
    });
    return this.list.find((search) => search.id === id)!;
  }

  change(id: string, change: Partial<PendingSearch>): void {
    this.keep(this.list.map((search) => (search.id === id ? { ...search, ...change } : search)));
  }

  end(id: string, ended: EndedSearch): void {
    this.setOver([...this.over, ended]);
    this.keep(this.list.filter((search) => search.id !== id));
  }

  /** Other searches begin: what ended before them was seen. */
  forgetEnded(): void {
    if (this.over.length > 0) this.setOver([]);
  }

  /** Forgets all but one. */
  removeOthers(id: string | undefined): void {
    this.keep(this.list.filter((search) => search.id === id));
  }

  /** They wait for somebody, who then gives them all the time that they were to have; what has ended was seen. */
  hold(): void {
    this.keep(this.list.map(({ id, sweep, behind, isFinishing }) => ({ id, sweep, behind, isFinishing })));
    this.setHeld(true);
    this.forgetEnded();
  }

  release(): void {
    if (this.held) this.setHeld(false);
  }

  /** The run beside it was deleted, cancelled or out of time. */
  private isOff({ behind }: PendingSearch): boolean {
    if (behind === undefined) return false;
    const status = this.statusOf(behind);
    return status === undefined || status === 'cancelled' || status === 'stopped';
  }

  private comesLater({ behind }: PendingSearch): boolean {
    return behind !== undefined && !['done', 'failed'].includes(this.statusOf(behind)!);
  }

  private statusOf(run: string): RunStatus | undefined {
    return this.workspace.runs.find(run)?.status;
  }

  private keep(searches: readonly PendingSearch[]): void {
    if (isDeepStrictEqual(searches, this.list)) return;
    this.list = searches;
    this.write(listKey, searches);
  }

  private setHeld(held: boolean): void {
    this.held = held;
    this.write(heldKey, held);
  }

  private setOver(over: readonly EndedSearch[]): void {
    this.over = over;
    this.write(overKey, over);
  }

  private write(key: string, value: unknown): void {
    try {
      this.workspace.settings.set(key, value);
    } catch {
      // On a full disk the journal keeps what it had: a search that has ended only answers again.
    }
  }
}
