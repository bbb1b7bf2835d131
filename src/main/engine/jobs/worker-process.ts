import { fork } from 'node:child_process';
import { AppError, type ErrorReport } from '@shared/errors';
import { reviveError } from '@shared/rpc';
import type { Limits } from '@shared/sweep-file';
import { coralCrash } from '../coral/crash-reason';
import type { Job, JobReporter, JobResults, WorkerJob } from './job';
import { watchLimits } from './step-limits';
import type { WorkerMessage, WorkerOrder, WorkerTask } from './worker-protocol';

type WorkerEvents = Pick<JobReporter, 'progress' | 'note' | 'log' | 'stop'>;

/** Of what a worker prints, for what it may say of its end. */
const lastLinesKept = 20;

export interface WorkerLimits extends Limits {
  signal: AbortSignal;
  /** A cancelled worker may finish the inference under way; after this it is killed. */
  graceMs: number;
}

/**
 * Does a job in a fresh Node process that ends with it, or with the process that calls this. Resolves when that process is gone.
 *
 * @param workerPath the built `worker.js`
 * @param task an order, or a job whose contents were found already
 * Throws what the job throws, `cancelled`, `step.memory` or `step.time` where it passes a limit, and `worker.crashed` where the process ends
 * without an answer, or `coral.gone` where libedgetpu says that it ended it.
 */
export function runInWorker<K extends Job['kind']>(
  workerPath: string,
  task: WorkerTask<K>,
  events: WorkerEvents,
  limits: WorkerLimits,
): Promise<JobResults[K]>;
export function runInWorker<J extends WorkerJob>(
  workerPath: string,
  job: J,
  events: WorkerEvents,
  limits: WorkerLimits,
): Promise<JobResults[J['kind']]>;
export function runInWorker(
  workerPath: string,
  task: WorkerTask | WorkerJob,
  events: WorkerEvents,
  { signal, graceMs, ...limits }: WorkerLimits,
): Promise<unknown> {
  const { kind } = 'workspace' in task ? task.order : task;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new AppError('cancelled'));
    const worker = fork(workerPath, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--enable-source-maps'],
      // A process group of its own: Ctrl-C in a terminal is for us, and we tell the worker.
      detached: process.platform !== 'win32',
    });
    let outcome: { result: unknown } | { error: ErrorReport } | undefined;
    let failure: Error | undefined;
    let beyond: AppError | undefined;
    let kill: NodeJS.Timeout | undefined;
    const tell = (order: WorkerOrder): void => void (worker.connected && worker.send(order));
    const cancel = (): void => {
      tell('cancel');
      kill = setTimeout(() => worker.kill('SIGKILL'), graceMs);
    };
    const stop = (): void => tell('stop');
    signal.addEventListener('abort', cancel, { once: true });
    events.stop?.addEventListener('abort', stop, { once: true });
    const unwatch = watchLimits(worker.pid ?? 0, kind, limits, (error) => {
      beyond = error;
      worker.kill('SIGKILL');
    });

    const lastLines: string[] = [];
    const lines = (chunk: Buffer): void => {
      for (const line of chunk.toString('utf8').split('\n')) {
        if (!line.trim()) continue;
        events.log(line);
        if (lastLines.push(line) > lastLinesKept) lastLines.shift();
      }
    };
    worker.stdout?.on('data', lines);
    worker.stderr?.on('data', lines);
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'progress') events.progress(message.stage, message.done, message.total);
      else if (message.type === 'note') events.note(message.sentence);
      else if (message.type === 'log') events.log(message.line);
      else if (message.type === 'result') outcome = { result: message.result };
      else {
        outcome = { error: message.error };
        if (message.stack && message.error.code === 'internal') events.log(message.stack);
      }
    });
    // A message to a process that died meanwhile fails too; how it ended says more.
    worker.on('error', (error) => (failure ??= error));
    worker.on('close', (code, killedBy) => {
      clearTimeout(kill);
      unwatch();
      signal.removeEventListener('abort', cancel);
      events.stop?.removeEventListener('abort', stop);
      if (signal.aborted) reject(new AppError('cancelled'));
      else if (beyond) reject(beyond);
      else if (!outcome) {
        const detail = killedBy === null && failure ? failure.message : endingOf(code, killedBy);
        reject(coralCrash(lastLines) ?? new AppError('worker.crashed', { job: kind, detail }));
      } else if ('error' in outcome) reject(reviveError(outcome.error));
      else resolve(outcome.result);
    });
    worker.send(task);
    if (events.stop?.aborted) stop();
  });
}

/** How a process ended, in words. */
export function endingOf(code: number | null, killedBy: NodeJS.Signals | null): string {
  if (killedBy === 'SIGKILL') return 'killed by the system, most likely for want of memory';
  if (killedBy) return `ended by ${killedBy}`;
  return `exit code ${code}`;
}
