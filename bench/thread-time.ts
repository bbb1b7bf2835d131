import { existsSync, readFileSync } from 'node:fs';

/** `wall` in ms; `cpu` of this thread in ms, where Linux tells it: at one thread the network runs on it, so a busy machine matters less. */
export interface Time {
  wall: number;
  cpu: number;
}

function threadCpuMs(): number {
  const path = `/proc/self/task/${process.pid}/schedstat`;
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[0]) / 1e6 : NaN;
}

export async function timed(work: () => Promise<unknown>): Promise<Time> {
  const start = performance.now();
  const cpuStart = threadCpuMs();
  await work();
  return { wall: performance.now() - start, cpu: threadCpuMs() - cpuStart };
}
