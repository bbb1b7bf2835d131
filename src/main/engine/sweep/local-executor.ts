import { availableParallelism } from 'node:os';
import type { Job, JobResults } from '../jobs/job';
import { runInWorker } from '../jobs/worker-process';
import type { Executor, JobEvents } from './executor';

const graceMs = 3000;

/** One fresh Node process a job: a crash or out-of-memory in native code costs one trial, not the run. */
export class LocalExecutor implements Executor {
  readonly slots: number;
  readonly threads: number;

  constructor(
    private readonly workerPath: string,
    cores: number = availableParallelism(),
  ) {
    this.threads = Math.min(cores, 4);
    this.slots = Math.max(1, Math.floor(cores / this.threads));
  }

  run<J extends Job>(job: J, events: JobEvents, signal: AbortSignal): Promise<JobResults[J['kind']]> {
    return runInWorker(this.workerPath, job, events, { signal, graceMs });
  }
}
