import type { SearchRecord } from '@shared/search-state';
import type { Workspace } from '../store/workspace';

const keyOf = (run: string): string => `search ${run}`;

/** Keeps what a search was asked for and, once it ended, its answer, with each of its runs. */
export function recordSearch({ settings }: Workspace, runs: readonly string[], record: SearchRecord): void {
  for (const run of runs) settings.set(keyOf(run), record);
}

/** The search that a run belongs to; undefined for other runs, and for searches of earlier versions. */
export function searchRecord({ settings }: Workspace, run: string): SearchRecord | undefined {
  return settings.get<SearchRecord>(keyOf(run));
}
