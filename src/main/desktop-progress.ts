import { formatDuration } from '@shared/format';
import type { RunProgress } from '@shared/run';
import { budgetLeftMs, type SearchState } from '@shared/search-state';
import type { WorkUnderWay } from './work-under-way';

/** What is under way as taskbar, dock and tray show it. */
export interface DesktopProgress {
  /** 0..1; -1 takes it away. */
  fraction: number;
  mode: 'normal' | 'paused';
  /** "Sweep: 42 %, about 2 h 10 min left"; empty where nothing is. */
  text: string;
}

/** @param now milliseconds since 1970 */
export function desktopProgress(work: WorkUnderWay | null, now: number): DesktopProgress {
  if (!work) return { fraction: -1, mode: 'normal', text: '' };
  const isPaused = work.kind === 'search' ? work.search.isPaused : work.run.status === 'paused';
  const fraction = work.kind === 'search' ? shareOfTime(work.search, now) : shareOfSteps(work.run);
  const rest = work.kind === 'search' ? tried(work.search) : remaining(work.run);
  const paused = work.run?.waitsFor ? ', paused: the disk is full' : ', paused';
  const name = work.kind === 'search' ? 'Search' : 'Sweep';
  const text = `${name}: ${Math.floor(100 * fraction)} %${isPaused ? paused : rest}`;
  return { fraction, mode: isPaused ? 'paused' : 'normal', text };
}

const shareOfSteps = ({ done, total, stepFraction = 0 }: RunProgress): number =>
  total > 0 ? Math.min(1, (done + stepFraction) / total) : 0;

const shareOfTime = (search: SearchState, now: number): number =>
  search.budgetMs > 0 ? (search.budgetMs - budgetLeftMs(search, now)) / search.budgetMs : 1;

const remaining = ({ remainingMs }: RunProgress): string =>
  remainingMs === undefined ? '' : `, about ${formatDuration(remainingMs)} left`;

const tried = ({ trials }: SearchState): string =>
  trials === 0 ? '' : ` of its time, ${trials} ${trials === 1 ? 'candidate' : 'candidates'}`;
