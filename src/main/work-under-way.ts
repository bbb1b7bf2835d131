import type { RunProgress } from '@shared/run';
import type { SearchState } from '@shared/search-state';

/** What the engine is at. A search is one work, with all of its runs and what lies between them. */
export type WorkUnderWay =
  { kind: 'sweep'; run: RunProgress } | { kind: 'search'; search: SearchState; run: RunProgress | null };

/** @param run the run under way, or the last that was told of it */
export function workUnderWay(run: RunProgress | null, search: SearchState | null): WorkUnderWay | null {
  if (search && search.stage !== 'waiting' && search.stage !== 'ended') return { kind: 'search', search, run };
  return run && (run.status === 'running' || run.status === 'paused') ? { kind: 'sweep', run } : null;
}

/** Whether the machine has to stay awake: also for want of room on the disk, since the work goes on by itself when there is some. */
export function needsMachine(work: WorkUnderWay | null): boolean {
  if (!work) return false;
  if (work.run?.waitsFor !== undefined) return true;
  return work.kind === 'search' ? !work.search.isPaused : work.run.status === 'running';
}
