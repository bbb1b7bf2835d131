import { absent, formatDuration } from '@shared/format';
import type { RunStatus, RunSummary } from '@shared/run';

/** "26 Nov, 09:31", with the year where it is another than this one. */
export function startedText(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const year = date.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const);
  return date.toLocaleString(undefined, { year, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}

export const statusTexts: Record<RunStatus, string> = {
  queued: 'waits its turn',
  running: 'running',
  paused: 'paused',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  stopped: 'time was up',
};

export const isUnderWay = ({ status }: Pick<RunSummary, 'status'>): boolean =>
  status === 'running' || status === 'paused';

/** How long a run was under way; one that waits its turn was not yet. */
export const tookText = ({ status, elapsedMs }: Pick<RunSummary, 'status' | 'elapsedMs'>): string =>
  status === 'queued' ? absent : formatDuration(elapsedMs);

/** "mobilenetv2, resnet50 and 3 more": what fits in a column. */
export function namesText(names: readonly string[], shown = 2): string {
  const rest = names.length - shown;
  return rest <= 1 ? names.join(', ') : `${names.slice(0, shown).join(', ')} and ${rest} more`;
}
