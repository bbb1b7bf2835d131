import { availableParallelism } from 'node:os';
import type { Job, JobResults } from '../jobs/job';
import { laneOf } from '../jobs/lane';
import { runInWorker } from '../jobs/worker-process';
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
      const result = await runInWorker(this.workerPath, job, events, { signal, graceMs });
      await placed?.settle(result);
      return result;
    };
    const place = { lane: laneOf(job), order: placed?.order };
    return this.queue.run(place, signal, work, placed ? undefined : () => events.progress(waitingStage, 0, 0));
  }
}
