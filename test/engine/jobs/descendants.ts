import { readdirSync, readFileSync } from 'node:fs';

/** Parent of every process, where there is a /proc. Zombies are gone already. */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') found.set(Number(name), Number(parent));
    } catch {
      // Ended meanwhile.
    }
  }
  return found;
}

export const childrenOf = (pid: number): number[] =>
  [...parents()].filter(([, parent]) => parent === pid).map(([child]) => child);

export const isRunning = (pid: number): boolean => parents().has(pid);
