import { readFile } from 'node:fs/promises';

/** Processor time since the system started, in the kernel's ticks. */
export interface ProcessorTime {
  /** Of all processors, idle or not. */
  machine: number;
  /** Of these, not idle. */
  busy: number;
  /** Of this process with its threads. */
  own: number;
}

/**
 * The first line of /proc/stat: `cpu user nice system idle iowait irq softirq steal ...` (proc(5)). Guests are in user and nice
 * already. What the hypervisor gave to other machines (steal) is as lost to us as what other processes took: busy.
 */
export function parseMachineTime(stat: string): Pick<ProcessorTime, 'machine' | 'busy'> | undefined {
  const match = /^cpu +((?:\d+ ?){4,})$/m.exec(stat);
  if (!match) return undefined;
  const ticks = match[1]!.trim().split(' ').slice(0, 8).map(Number);
  const machine = ticks.reduce((sum, value) => sum + value, 0);
  const [, , , idle = 0, waiting = 0] = ticks;
  return { machine, busy: machine - idle - waiting };
}

/** User and system time of /proc/PID/stat, fields 14 and 15. The command's name before them may hold spaces and parentheses. */
export function parseProcessTime(stat: string): number | undefined {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isFinite(user + system) ? user + system : undefined;
}

/** Undefined where there is no /proc. */
export async function readProcessorTime(): Promise<ProcessorTime | undefined> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const machine = parseMachineTime(await read('/proc/stat'));
  const own = parseProcessTime(await read('/proc/self/stat'));
  return machine && own !== undefined ? { ...machine, own } : undefined;
}

/** What passed between two readings. */
export function processorTimeBetween(
  start: ProcessorTime | undefined,
  end: ProcessorTime | undefined,
): ProcessorTime | undefined {
  if (!start || !end) return undefined;
  return { machine: end.machine - start.machine, busy: end.busy - start.busy, own: end.own - start.own };
}

/** Share of the machine's processor time, 0..1, that others than this process took in these spans; undefined where one is unknown. */
export function otherProcessorShare(spans: readonly (ProcessorTime | undefined)[]): number | undefined {
  let machine = 0;
  let others = 0;
  for (const span of spans) {
    if (!span) return undefined;
    machine += span.machine;
    others += span.busy - span.own;
  }
  // The kernel counts the two in ticks of their own, so a quiet machine may come out below zero by one.
  return machine > 0 ? Math.min(1, Math.max(0, others / machine)) : undefined;
}
