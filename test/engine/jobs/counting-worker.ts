import type { ConvertJob } from '../../../src/main/engine/jobs/job';
import { serveJob } from '../../../src/main/engine/serve-job';
import { writeFileSync } from 'node:fs';

/** A worker that counts to six, saves each number, and is killed at three the first time. */
serveJob(async (job, { checkpoint, log }) => {
  const { outputPath } = job as ConvertJob;
  const start = Number((await checkpoint.latest())?.[0] ?? 0);
  log(`starts after ${start}`);
  for (let count = start + 1; count <= 6; count++) {
    await checkpoint.save(Uint8Array.of(count));
    if (count === 3 && start === 0) process.kill(process.pid, 'SIGKILL');
  }
  writeFileSync(outputPath, 'six');
  return { sizeBytes: 3 };
});
