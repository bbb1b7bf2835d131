import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Whether this system tells how much memory a process and its children take. */
export const tellsMemory = process.platform === 'linux' || process.platform === 'darwin';

/** Resident memory of a process and all below it, bytes; 0 when it is gone. Pages that they share count for each. */
export async function residentBytes(pid: number): Promise<number> {
  return process.platform === 'linux' ? linuxBytes(pid) : darwinBytes(pid);
}

async function linuxBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const own = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  // A child belongs to the thread that started it.
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')),
  );
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  return (await Promise.all(children.map(linuxBytes))).reduce((sum, bytes) => sum + bytes, own);
}

async function darwinBytes(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number]);
  const below = (parent: number): number =>
    rows.filter(([, of]) => of === parent).reduce((sum, [child, , kB]) => sum + kB * 1024 + below(child), 0);
  return (rows.find(([own]) => own === pid)?.[2] ?? 0) * 1024 + below(pid);
}
