import { toAppError } from '@shared/errors';
import { isNoSpace, writeError } from './files/atomic-file';
import { noCheckpoints, type Checkpoints } from './jobs/checkpoint';
import type { Job, JobReporter, WorkerJob } from './jobs/job';
import { jobOf } from './jobs/order';
import type { WorkerMessage, WorkerOrder, WorkerTask } from './jobs/worker-protocol';
import { LocalContents } from './sweep/local-contents';

/**
 * Makes this process a worker: it takes one task from its parent, does it, ends. It also ends when the parent is gone, so a killed engine
 * leaves nothing running.
 */
export function serveJob(perform: (job: WorkerJob, report: JobReporter) => Promise<unknown>): void {
  const [abort, stop] = [new AbortController(), new AbortController()];
  const send = (message: WorkerMessage): Promise<void> =>
    new Promise((resolve) => {
      if (!process.connected) return resolve();
      process.send!(message, undefined, undefined, () => resolve());
    });

  process.once('disconnect', () => process.exit(1));
  // The parent may be gone before this line is reached; nothing would say so again.
  if (!process.connected) process.exit(1);
  process.once('message', (task: WorkerJob | WorkerTask) => {
    process.on('message', (message: WorkerOrder) => {
      if (message === 'cancel') abort.abort();
      if (message === 'stop') stop.abort();
    });
    located(task)
      .then(({ job, checkpoint }) =>
        perform(job, {
          progress: (stage, done, total) => void send({ type: 'progress', stage, done, total }),
          note: (sentence) => void send({ type: 'note', sentence }),
          log: (line) => void send({ type: 'log', line }),
          signal: abort.signal,
          stop: stop.signal,
          checkpoint,
        }),
      )
      .then((result) => send({ type: 'result', result }))
      .catch((thrown: unknown) =>
        send({
          type: 'error',
          error: (isNoSpace(thrown) ? writeError(folderOf(task), thrown) : toAppError(thrown)).toReport(),
          stack: thrown instanceof Error ? thrown.stack : undefined,
        }),
      )
      .finally(() => process.exit(0));
  });
}

/** Of the workspace; where a job came without one, the current folder. */
function folderOf(task: WorkerJob | WorkerTask): string {
  return 'workspace' in task ? task.workspace : process.cwd();
}

async function located(task: WorkerJob | WorkerTask): Promise<{ job: WorkerJob; checkpoint: Checkpoints }> {
  if (!('workspace' in task)) return { job: task, checkpoint: noCheckpoints };
  const { order, workspace } = task;
  const contents = new LocalContents(workspace);
  const checkpoint = order.key === undefined ? noCheckpoints : contents.checkpoints(order.key);
  return { job: await jobOf<Job>(order, contents), checkpoint };
}
