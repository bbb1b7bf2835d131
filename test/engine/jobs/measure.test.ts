import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFile } from '../../../src/main/engine/files/built-file';
import type { MeasureJob } from '../../../src/main/engine/jobs/job';
import { runInWorker } from '../../../src/main/engine/jobs/worker-process';
import { saveSmallClassifier, smallCard } from '../measure/small-classifier';
import { childrenOf, isRunning } from './descendants';

const weights = [
  [1, 0, 0],
  [0, 1, 0],
];
let folder = '';
let path = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'measure-job-'));
  path = await saveSmallClassifier(join(folder, 'net.onnx'), { weights, idleLayers: 10 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a measurement. `pair` resolves with the processes of the worker and of its first pair, once that is there. */
function start(change: Partial<MeasureJob> = {}) {
  const job: MeasureJob = {
    kind: 'measure',
    candidatePath: path,
    baselinePath: path,
    card: smallCard(2),
    target: { runtime: 'ort-cpu', threads: 1 },
    mode: 'quick',
    seed: 1,
    ...change,
  };
  const abort = new AbortController();
  const before = childrenOf(process.pid);
  const progress: string[] = [];
  const events = {
    progress: (stage: string, done: number, total: number) => progress.push(`${stage} ${done}/${total}`),
    note: () => undefined,
    log: () => undefined,
  };
  const done = runInWorker(builtFile('worker.js'), job, events, { signal: abort.signal, graceMs: 3000 });
  done.catch(() => undefined);
  const pair = async (): Promise<{ worker: number; sessions: number }> => {
    for (;;) {
      const worker = childrenOf(process.pid).find((pid) => !before.includes(pid));
      const sessions = worker === undefined ? undefined : childrenOf(worker)[0];
      if (worker !== undefined && sessions !== undefined) return { worker, sessions };
      await sleep(5);
    }
  };
  return { done, abort, pair, progress };
}

describe('a measure job', () => {
  it('opens ten pairs of sessions and names the runtime', async () => {
    const { done, progress } = start();
    const metrics = await done;
    expect(metrics).toMatchObject({ target: 'ort-cpu x1', runtime: 'ort-cpu', mode: 'quick', rounds: 40 });
    expect(metrics.sessionRatios).toHaveLength(10);
    expect(metrics.peakMemoryBytes).toBeGreaterThan(20e6);
    const { candidateUs, baselineUs } = metrics.times!;
    expect(candidateUs).toHaveLength(Math.min(500, metrics.n));
    expect(candidateUs).toEqual(candidateUs.toSorted((a, b) => a - b));
    expect(candidateUs[Math.floor(candidateUs.length / 2)]! / 1000).toBeCloseTo(metrics.p50Ms, 1);
    expect(baselineUs.length).toBeGreaterThan(0);
    expect(JSON.stringify(metrics.times).length).toBeLessThan(20_000);
    expect(progress.slice(0, 3)).toEqual(['memory 0/1', 'cold start 0/1', 'latency 0/10']);
    expect(progress.at(-1)).toBe('latency 10/10');
    if (existsSync('/proc/stat')) {
      expect(metrics.disturbance!.otherCpuShare).toBeGreaterThanOrEqual(0);
      expect(metrics.disturbance!.otherCpuShare).toBeLessThanOrEqual(1);
    }
  });

  it('fails with the reason that a session pair gives', async () => {
    const missing = join(folder, 'none.onnx');
    await expect(start({ baselinePath: missing }).done).rejects.toMatchObject({ code: 'model.runtime-rejected' });
    const target = { runtime: 'none', threads: 1 };
    await expect(start({ target }).done).rejects.toMatchObject({ code: 'target.unknown' });
  });
});

describe.skipIf(!existsSync('/proc/self/stat'))('processes of a measure job', () => {
  it('are gone when it was cancelled', async () => {
    const { done, abort, pair } = start({ mode: 'rigorous' });
    const { worker, sessions } = await pair();
    abort.abort();
    await expect(done).rejects.toMatchObject({ code: 'cancelled' });
    expect([worker, sessions].filter(isRunning)).toEqual([]);
  });

  it('end with the worker when that is killed', async () => {
    const { done, pair } = start({ mode: 'rigorous' });
    const { worker, sessions } = await pair();
    process.kill(worker, 'SIGKILL');
    await expect(done).rejects.toMatchObject({ code: 'worker.crashed' });
    while (isRunning(sessions)) await sleep(5);
  });

  it('fail the trial when a pair of sessions crashes', async () => {
    const { done, pair } = start({ mode: 'rigorous' });
    const { worker, sessions } = await pair();
    process.kill(sessions, 'SIGSEGV');
    const failure = expect(done).rejects;
    await failure.toMatchObject({ code: 'worker.crashed', facts: { detail: 'ended by SIGSEGV' } });
    expect(isRunning(worker)).toBe(false);
  });
});
