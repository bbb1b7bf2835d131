import { toAppError } from '@shared/errors';
import type { WorkerJob, WorkerMessage } from './jobs/job';
import { perform } from './jobs/perform';

/**
 * Entry of a worker process: takes one job from its parent, does it, ends. It also ends when the parent is gone, so a
 * killed engine leaves nothing running.
 */
const abort = new AbortController();
const send = (message: WorkerMessage): Promise<void> =>
  new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send!(message, undefined, undefined, () => resolve());
  });

process.once('disconnect', () => process.exit(1));
// The parent may be gone before this line is reached; nothing would say so again.
if (!process.connected) process.exit(1);
process.once('message', (job: WorkerJob) => {
  process.on('message', (message) => {
    if (message === 'cancel') abort.abort();
  });
  perform(job, {
    progress: (stage, done, total) => void send({ type: 'progress', stage, done, total }),
    note: (sentence) => void send({ type: 'note', sentence }),
    log: (line) => void send({ type: 'log', line }),
    signal: abort.signal,
  })
    .then((result) => send({ type: 'result', result }))
    .catch((thrown: unknown) =>
      send({
        type: 'error',
        error: toAppError(thrown).toReport(),
        stack: thrown instanceof Error ? thrown.stack : undefined,
      }),
    )
    .finally(() => process.exit(0));
});
