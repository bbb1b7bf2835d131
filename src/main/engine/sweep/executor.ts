import type { Job, JobReporter, JobResults } from '../jobs/job';
import type { Order } from '../jobs/order';
import type { Limits } from '@shared/sweep-file';
import type { Requirement } from './plan';

export interface JobEvents extends Pick<JobReporter, 'progress' | 'note' | 'log' | 'stop'> {
  /** The job got its core, here or on another machine. */
  started?(): void;
}

/** Stage of a job that a person waits for while others have the cores. */
export const waitingStage = 'waiting for a free core';

/** What else a job of a run brings; one without is asked for by a person who waits for it. */
export interface Placed<R> {
  /** Position in the plan: the lower, the earlier. */
  order: number;
  /** Where it may be done; absent: on this machine. */
  requires?: Requirement;
  /** As people know the step. */
  title?: string;
  /** A trial that it is for, as people know it: "mobilenetv2 · int8". */
  trial?: string;
  /** Of the work at the step: whoever finished it, it is not done again. */
  key?: string;
  limits?: Limits;
  /** Rest before a job that takes times, with the core idle. */
  coolDownMs?: number;
  /**
   * Takes the result in while the core is still the job's: hashing and storing disturb measurements too.
   * @param elapsedMs what it took where it was done; absent: since it began here
   */
  settle(result: R, elapsedMs?: number): Promise<void>;
}

/**
 * Where jobs run, and the only one who gives out cores: everything that computes for long asks here. Jobs that take times run while nothing
 * else does. An order is self-contained and names its inputs by content, so that an executor over many machines can stand in for the local one.
 */
export interface Executor {
  /** Jobs that may run at once, beside each other. */
  readonly slots: number;
  /** Those of this machine; absent: all are. */
  readonly ownSlots?: number;
  /** Threads one job may use. */
  readonly threads: number;
  /** Does a job when it is its turn; its checkpoints go when it has finished, and stay where it was stopped. Throws what the job throws, `cancelled`, `worker.crashed`, `step.memory`, `step.time`. */
  run<K extends Job['kind']>(
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[K]>,
  ): Promise<JobResults[K]>;
  /**
   * Does something of milliseconds that somebody watches, beside other jobs but never while times are taken.
   * @param waits called once when it must wait for that
   * Throws what `work` throws, `cancelled`.
   */
  beside<T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T>;
}
