import { formatDuration } from '@shared/format';
import type { RunProgress } from '@shared/run';

/** A run as taskbar, dock and tray show it. */
export interface DesktopProgress {
  /** 0..1; -1 takes it away. */
  fraction: number;
  mode: 'normal' | 'paused';
  /** "42 %, about 2 h 10 min left"; empty without a run. */
  text: string;
}

export function desktopProgress(run: RunProgress | null): DesktopProgress {
  if (!run || (run.status !== 'running' && run.status !== 'paused')) return { fraction: -1, mode: 'normal', text: '' };
  const fraction = run.total > 0 ? Math.min(1, (run.done + (run.stepFraction ?? 0)) / run.total) : 0;
  const share = `${Math.floor(100 * fraction)} %`;
  const left = run.remainingMs === undefined ? '' : `, about ${formatDuration(run.remainingMs)} left`;
  if (run.status === 'running') return { fraction, mode: 'normal', text: `${share}${left}` };
  return { fraction, mode: 'paused', text: `${share}, ${run.waitsFor ? 'paused: the disk is full' : 'paused'}` };
}
