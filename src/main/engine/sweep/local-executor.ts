import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@shared/errors';
import type { Job, JobResults } from '../jobs/job';
import { laneOf } from '../jobs/lane';
import type { Order } from '../jobs/order';
import { isStopped } from '../jobs/stopped';
import { runInWorker } from '../jobs/worker-process';
import type { WorkerTask } from '../jobs/worker-protocol';
import { CoreQueue } from './core-queue';
import { waitingStage, type Executor, type JobEvents, type Placed } from './executor';
import { LocalContents } from './local-contents';

const graceMs = 3000;

/** One fresh Node process a job: a crash or out-of-memory in native code costs one trial, not the run. */
export class LocalExecutor implements Executor {
  readonly slots: number;
  readonly threads: number;
  private readonly queue: CoreQueue;
  private readonly contents: LocalContents;

  /**
   * @param workspace the folder that has the contents of orders
   * @param slots jobs at once; absent: as many as leave each its threads
   */
  constructor(
    private readonly workerPath: string,
    private readonly workspace: string,
    cores: number = availableParallelism(),
    slots?: number,
  ) {
    this.threads = Math.min(cores, 4);
    this.slots = slots ?? Math.max(1, Math.floor(cores / this.threads));
    this.queue = new CoreQueue(this.slots);
    this.contents = new LocalContents(workspace);
  }

  run<K extends Job['kind']>(
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[K]>,
  ): Promise<JobResults[K]> {
    const work = async (): Promise<JobResults[K]> => {
      events.started?.();
      if (placed?.coolDownMs && order.kind === 'measure') await coolDown(placed.coolDownMs, events, signal);
      const task: WorkerTask<K> = { order, workspace: this.workspace };
      const result = await runInWorker(this.workerPath, task, events, { signal, graceMs, ...placed?.limits });
      await placed?.settle(result);
      if (order.key !== undefined && !isStopped(result)) await this.contents.checkpoints(order.key).clear();
      return result;
    };
    const place = { lane: laneOf(order), order: placed?.order };
    return this.queue.run(place, signal, work, placed ? undefined : () => events.progress(waitingStage, 0, 0));
  }

  beside<T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T> {
    return this.queue.beside(signal, work, waits);
  }
}

async function coolDown(coolDownMs: number, events: JobEvents, signal: AbortSignal): Promise<void> {
  events.progress('cooling down', 0, 1);
  await sleep(coolDownMs, undefined, { signal }).catch(() => {
    throw new AppError('cancelled');
  });
}
