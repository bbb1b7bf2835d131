import type { Target } from '@shared/sweep-file';

/**
 * A target to add on this machine, not there yet: a runtime that no target names, else the last target's runtime with twice its most threads (as many as it
 * takes), else another that takes more; undefined where there is none.
 * @param runtimes ids in the order they are offered
 */
export function nextTarget(
  all: readonly Target[],
  runtimes: readonly string[],
  maximumThreadsOf: (runtime: string) => number,
): Target | undefined {
  const targets = all.filter(({ on }) => on === undefined);
  const last = targets.at(-1);
  const fresh = runtimes.find((runtime) => targets.every((target) => target.runtime !== runtime));
  if (fresh !== undefined) return { runtime: fresh, threads: Math.min(last?.threads || 1, maximumThreadsOf(fresh)) };
  for (const runtime of last ? [last.runtime, ...runtimes] : runtimes) {
    const most = Math.max(...targets.filter((target) => target.runtime === runtime).map(({ threads }) => threads || 0));
    const threads = Math.min(maximumThreadsOf(runtime), Math.max(1, most * 2));
    if (threads > most) return { runtime, threads };
  }
  return undefined;
}
