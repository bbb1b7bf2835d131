import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { AppError, type ErrorReport } from '@shared/errors';
import { reviveError } from '@shared/rpc';
import type { Job, JobResults, WorkerMessage } from '../jobs/job';
import { laneOf } from '../jobs/lane';
import { CoreQueue } from './core-queue';
import { waitingStage, type Executor, type JobEvents, type Placed } from './executor';

/** A cancelled worker may finish the inference under way; after this it is killed. */
const graceMs = 3000;

/** One fresh Node process a job: a crash or out-of-memory in native code costs one trial, not the run. */
export class LocalExecutor implements Executor {
  readonly slots: number;
  readonly threads: number;
  private readonly queue: CoreQueue;

  constructor(
    private readonly workerPath: string,
    cores: number = availableParallelism(),
  ) {
    this.threads = Math.min(cores, 4);
    this.slots = Math.max(1, Math.floor(cores / this.threads));
    this.queue = new CoreQueue(this.slots);
  }

  run<J extends Job>(
    job: J,
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[J['kind']]>,
  ): Promise<JobResults[J['kind']]> {
    const work = async (): Promise<JobResults[J['kind']]> => {
      events.started?.();
      const result = await this.inWorker(job, events, signal);
      await placed?.settle(result);
      return result;
    };
    const place = { lane: laneOf(job), order: placed?.order };
    return this.queue.run(place, signal, work, placed ? undefined : () => events.progress(waitingStage, 0, 0));
  }

  private inWorker<J extends Job>(job: J, events: JobEvents, signal: AbortSignal): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new AppError('cancelled'));
      const worker = fork(this.workerPath, [], {
        serialization: 'advanced',
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: ['--enable-source-maps'],
        // A process group of its own: Ctrl-C in a terminal is for us, and we tell the worker.
        detached: process.platform !== 'win32',
      });
      let outcome: { result: unknown } | { error: ErrorReport } | undefined;
      let kill: NodeJS.Timeout | undefined;
      const cancel = (): void => {
        if (worker.connected) worker.send('cancel');
        kill = setTimeout(() => worker.kill('SIGKILL'), graceMs);
      };
      signal.addEventListener('abort', cancel, { once: true });

      const lines = (chunk: Buffer): void => {
        for (const line of chunk.toString('utf8').split('\n')) if (line.trim()) events.log(line);
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
      worker.on('error', (error) => {
        outcome ??= { error: new AppError('worker.crashed', { job: job.kind, detail: error.message }).toReport() };
      });
      worker.on('close', (code, killedBy) => {
        clearTimeout(kill);
        signal.removeEventListener('abort', cancel);
        if (signal.aborted) reject(new AppError('cancelled'));
        else if (!outcome) reject(new AppError('worker.crashed', { job: job.kind, detail: endingOf(code, killedBy) }));
        else if ('error' in outcome) reject(reviveError(outcome.error));
        else resolve(outcome.result as JobResults[J['kind']]);
      });
      worker.send(job);
    });
  }
}

function endingOf(code: number | null, killedBy: NodeJS.Signals | null): string {
  if (killedBy === 'SIGKILL') return 'killed by the system, most likely for want of memory';
  if (killedBy) return `ended by ${killedBy}`;
  return `exit code ${code}`;
}
