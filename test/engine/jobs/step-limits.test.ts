import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Limits } from '@shared/sweep-file';
import type { ConvertJob } from '../../../src/main/engine/jobs/job';
import { residentBytes, tellsMemory } from '../../../src/main/engine/jobs/process-memory';
import { runInWorker } from '../../../src/main/engine/jobs/worker-process';
import { card } from '../../unit/sweep/sweeps';
import { temporaryFolder } from '../store/temporary-folder';
import { isRunning } from './descendants';

const job: ConvertJob = { kind: 'convert', modelPath: 'x', card, format: 'x', options: {}, outputPath: 'x' };

/** Does what `script` says in a worker; answers what it threw and the processes that it told of. */
async function broken(script: string, limits: Limits): Promise<{ thrown: unknown; processes: number[] }> {
  const path = join(temporaryFolder(), 'worker.mjs');
  writeFileSync(path, `import { fork } from 'node:child_process';\nconsole.log(process.pid);\n${script}`);
  const processes: number[] = [];
  const events = {
    progress: () => undefined,
    note: () => undefined,
    log: (line: string) => void (/^\d+$/.test(line) && processes.push(Number(line))),
  };
  const never = new AbortController().signal;
  const thrown: unknown = await runInWorker(path, job, events, { signal: never, graceMs: 500, ...limits }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { thrown, processes };
}

const fills =
  "const kept = []; setInterval(() => kept.push(Buffer.alloc(2e7, 1)), 20); process.on('disconnect', () => process.exit(1));";

describe.skipIf(!tellsMemory)(
  `memory of a step${tellsMemory ? '' : ' (skipped: this system does not tell it)'}`,
  () => {
    it('beyond the limit ends it with a sentence', async () => {
      const { thrown, processes } = await broken(fills, { stepMemoryMB: 256 });
      expect(thrown).toMatchObject({ code: 'step.memory', facts: { job: 'convert', limitMB: 256 } });
      expect((thrown as Error).message).toMatch(
        /took \d+ MB of memory, more than the 256 MB that limits\.stepMemoryMB/,
      );
      expect(processes).toHaveLength(1);
      if (process.platform === 'linux') expect(isRunning(processes[0]!)).toBe(false);
    });

    it('counts the processes that it started', async () => {
      const script = `if (process.argv[2] === 'child') { ${fills} } else { fork(process.argv[1], ['child']); process.on('message', () => undefined); }`;
      const { thrown, processes } = await broken(script, { stepMemoryMB: 256 });
      expect(thrown).toMatchObject({ code: 'step.memory' });
      expect(processes).toHaveLength(2);
    });

    it('is that of this process at least, and none of one that is gone', async () => {
      const own = process.memoryUsage.rss();
      expect(await residentBytes(process.pid)).toBeGreaterThan(own / 2);
      expect(await residentBytes(2 ** 30)).toBe(0);
    });
  },
);

it('a step that takes longer than it may is ended, also while it computes', async () => {
  const script = "process.on('message', () => { for (;;); });";
  const { thrown } = await broken(script, { stepMinutes: 0.02 });
  expect(thrown).toMatchObject({ code: 'step.time', facts: { job: 'convert', limitMinutes: 0.02 } });
});
